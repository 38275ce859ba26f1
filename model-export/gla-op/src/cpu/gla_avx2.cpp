#define DIG_ISA avx2
#include "gla_isa.inc"

#define DIG_ISA avx512
#include "gla_isa.inc"

#define DIG_ISA avx2
#include "isa.inc"

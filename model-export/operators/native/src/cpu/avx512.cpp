#define DIG_ISA avx512
#include "isa.inc"

#define DIG_ISA portable
#include "gla_isa.inc"

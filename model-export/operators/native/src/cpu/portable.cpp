#define DIG_ISA portable
#include "isa.inc"

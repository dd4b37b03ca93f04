#include "compiler/Compiler.h"

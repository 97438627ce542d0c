#pragma once

namespace kots_export::util {

// Fills those of the descriptors 0, 1 and 2 that the process was started without (`>&-`), so that no journal
// or connection gets their number and with it what is printed. What is put there fails when it is used, as a
// closed one does. The first thing that a program does. Source: gnulib, stdopen.c.
void hold_standard_streams();

}  // namespace kots_export::util

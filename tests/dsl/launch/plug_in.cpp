// A library that a test loads, and unloads.
extern "C" const int tegula_test_plug_in = 0;

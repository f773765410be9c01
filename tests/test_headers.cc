// CMake compiles precompiled headers only for a target that has a source file.

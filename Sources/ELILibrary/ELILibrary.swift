// libELI.so.1 is the ELI module, linked as Package.swift says. The linker's settings are this
// target's, so that they don't reach the tests of ELI.
import ELI

# Clang's own headers, for a wheel: it must not need an LLVM where it is installed. In a developer's
# installation (an editable one) .ci/setup makes a link there, to those of the LLVM that it is built
# with: packages may be added to these.
option(FORKREPL_BUNDLED_HEADERS "Install Clang's headers and LLVM's licence beside the frontend" ON)
if(NOT FORKREPL_BUNDLED_HEADERS OR SKBUILD_STATE STREQUAL "editable")
  return()
endif()
set(CLANG_HEADERS ${LLVM_LIBRARY_DIRS}/clang/${LLVM_VERSION_MAJOR}/include)
if(NOT EXISTS ${CLANG_HEADERS}/stddef.h)
  message(FATAL_ERROR "Clang's headers are not in ${CLANG_HEADERS}\n"
    "  Debian: apt-get install libclang-common-22-dev")
endif()
# Not those for other processors, graphics cards and systems: half of all.
install(DIRECTORY ${CLANG_HEADERS} DESTINATION repl/_native/clang
  FILES_MATCHING PATTERN "*"
  PATTERN "arm*" EXCLUDE
  PATTERN "riscv*" EXCLUDE
  PATTERN "sifive*" EXCLUDE
  PATTERN "andes*" EXCLUDE
  PATTERN "hexagon*" EXCLUDE
  PATTERN "hvx*" EXCLUDE
  PATTERN "altivec.h" EXCLUDE
  PATTERN "vecintrin.h" EXCLUDE
  PATTERN "s390*" EXCLUDE
  PATTERN "vel*" EXCLUDE
  PATTERN "wasm*" EXCLUDE
  PATTERN "msa.h" EXCLUDE
  PATTERN "l*sxintrin.h" EXCLUDE
  PATTERN "larchintrin.h" EXCLUDE
  PATTERN "opencl*" EXCLUDE
  PATTERN "*cuda*" EXCLUDE
  PATTERN "__clang_hip*" EXCLUDE
  PATTERN "*spirv*" EXCLUDE
  PATTERN "nvptx*" EXCLUDE
  PATTERN "amdgpu*" EXCLUDE
  PATTERN "gpuintrin.h" EXCLUDE
  PATTERN "ppc_wrappers" EXCLUDE
  PATTERN "zos_wrappers" EXCLUDE
  PATTERN "llvm_libc_wrappers" EXCLUDE
  PATTERN "llvm_offload_wrappers" EXCLUDE
  PATTERN "openmp_wrappers" EXCLUDE
  PATTERN "hlsl*" EXCLUDE
  PATTERN "ISO_Fortran_binding.h" EXCLUDE)

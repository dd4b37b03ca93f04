# Everything Cimulator takes from elsewhere, in one place.

# LLVM and MLIR, as shared libraries only: a static MLIR target beside them
# would link a second copy and break TypeIDs. MLIR's package does not export
# MLIR_LINK_MLIR_DYLIB, and refuses a version request of its own major.
find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "Cimulator needs LLVM 22, found ${LLVM_PACKAGE_VERSION}")
endif()
set(MLIR_LINK_MLIR_DYLIB ON)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
# TableGen looks for MLIR's own .td files only where it is told.
list(APPEND LLVM_TABLEGEN_FLAGS -I${MLIR_INCLUDE_DIRS})

# An interface library, so that LLVM's include paths and definitions reach only
# the code that is compiler, not runtime.
add_library(CimMLIR INTERFACE)
target_include_directories(CimMLIR SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(llvm_definitions UNIX_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(CimMLIR INTERFACE ${llvm_definitions})
target_link_libraries(CimMLIR INTERFACE MLIR LLVM)

find_package(Halide 21 REQUIRED)

find_package(Protobuf REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost REQUIRED CONFIG)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(GTest REQUIRED)

# mycelium_add_conformance(TARGET sources… [TIMEOUT seconds]): the conformance suite as a test program. One of the
# sources defines mycelium::conformance::transports_under_test(); see transport_under_test.h. Its cases are registered
# with CTest as TARGET.Suite.case/transport, labelled conformance.
set(MYCELIUM_CONFORMANCE_SOURCES ${CMAKE_CURRENT_LIST_DIR})

function(mycelium_add_conformance target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    find_package(GTest 1.12 REQUIRED)
    include(GoogleTest)
    if(NOT TARGET mycelium_conformance)
        file(GLOB sources CONFIGURE_DEPENDS ${MYCELIUM_CONFORMANCE_SOURCES}/*.cpp)
        add_library(mycelium_conformance OBJECT ${sources})
        target_link_libraries(mycelium_conformance PUBLIC mycelium::mycelium GTest::gtest)
        target_include_directories(mycelium_conformance PUBLIC ${MYCELIUM_CONFORMANCE_SOURCES})
        target_compile_options(mycelium_conformance PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
    endif()
    add_executable(${target} ${arg_UNPARSED_ARGUMENTS} $<TARGET_OBJECTS:mycelium_conformance>)
    target_link_libraries(${target} PRIVATE mycelium::mycelium GTest::gtest)
    target_include_directories(${target} PRIVATE ${MYCELIUM_CONFORMANCE_SOURCES})
    gtest_discover_tests(${target} TEST_PREFIX ${target}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS conformance TIMEOUT ${arg_TIMEOUT})
endfunction()

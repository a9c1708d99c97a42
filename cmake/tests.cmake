# Every test carries one of these labels: unit, conformance, integration, interop, package, lint, fuzz.
#
# mycelium_test(NAME sources… [LABEL integration] [TIMEOUT seconds] [LIBRARIES targets…] [DEPENDS targets…] [SERIAL])
# One GoogleTest program, linked with the library and gtest_main, its cases registered with CTest as NAME.Suite.case.
# Sources are relative to the calling folder. LABEL is integration unless said. SERIAL: no other test runs beside it.
# Long versions are chosen by the tests themselves: getenv("MYCELIUM_LONG") is "1".
function(mycelium_test name)
    if(NOT MYCELIUM_TESTS)
        return()
    endif()
    cmake_parse_arguments(PARSE_ARGV 1 test "SERIAL" "LABEL;TIMEOUT" "LIBRARIES;DEPENDS")
    if(NOT test_LABEL)
        set(test_LABEL integration)
    endif()
    if(NOT test_TIMEOUT)
        set(test_TIMEOUT 300)
    endif()
    add_executable(${name} ${test_UNPARSED_ARGUMENTS})
    target_compile_definitions(${name} PRIVATE MYCELIUM_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                               MYCELIUM_BINARY_DIR="${PROJECT_BINARY_DIR}")
    target_link_libraries(${name} PRIVATE mycelium_options mycelium ${test_LIBRARIES} GTest::gtest_main GTest::gmock)
    if(test_DEPENDS)
        add_dependencies(${name} ${test_DEPENDS})
    endif()
    set(properties LABELS ${test_LABEL} TIMEOUT ${test_TIMEOUT})
    if(test_SERIAL)
        list(APPEND properties RUN_SERIAL ON)
    endif()
    gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES ${properties})
endfunction()

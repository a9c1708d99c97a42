# mycelium_add_conformance(TARGET): makes a program the proof of a transport.
#
# TARGET is an executable whose sources define mycelium::conformance::transports_under_test(); the suite's sources, GoogleTest
# and the library are added, and every case is registered with CTest as TARGET.Suite.case.
function(mycelium_add_conformance target)
    find_package(GTest 1.12 REQUIRED)
    include(GoogleTest)
    file(GLOB suite CONFIGURE_DEPENDS ${MYCELIUM_CONFORMANCE_DIR}/*.cpp)
    target_sources(${target} PRIVATE ${suite})
    target_include_directories(${target} PRIVATE ${MYCELIUM_CONFORMANCE_DIR})
    target_link_libraries(${target} PRIVATE mycelium::mycelium GTest::gtest_main GTest::gmock)
    gtest_discover_tests(${target} TEST_PREFIX ${target}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS conformance TIMEOUT 300)
endfunction()

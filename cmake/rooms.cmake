# One object library per room of the house, one test program per room; the library is all of them together.
add_library(mycelium_options INTERFACE)
target_include_directories(mycelium_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(mycelium_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  $<$<BOOL:${MYCELIUM_WERROR}>:-Werror>)
# GCC 12 sees overlapping copies where a short literal is assigned to a string (its bug 105651).
target_compile_options(mycelium_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_compile_features(mycelium_options INTERFACE cxx_std_20)
target_compile_definitions(mycelium_options INTERFACE MYCELIUM_VERSION="${PROJECT_VERSION}"
                                                      $<$<BOOL:${MYCELIUM_COUNT_COPIES}>:MYCELIUM_COUNT_COPIES>)

add_library(mycelium)
add_library(mycelium::mycelium ALIAS mycelium)
set_target_properties(mycelium PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                                          LINKER_LANGUAGE CXX)
target_include_directories(mycelium PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
target_compile_features(mycelium PUBLIC cxx_std_20)
target_link_libraries(mycelium PUBLIC Threads::Threads PRIVATE simdjson::simdjson PkgConfig::DEFLATE)

# mycelium_room(NAME): src/NAME/*.cpp into the library, src/NAME/*_test.cpp into test_NAME.
function(mycelium_room name)
    string(REPLACE "/" "_" target ${name})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    if(sources)
        add_library(room_${target} OBJECT ${sources})
        set_target_properties(room_${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_link_libraries(room_${target} PRIVATE mycelium_options simdjson::simdjson PkgConfig::DEFLATE Threads::Threads)
        if(MYCELIUM_LTO AND NOT BUILD_SHARED_LIBS)
            target_compile_options(room_${target} PRIVATE -ffat-lto-objects)  # with code, too: it is what is installed
        endif()
        target_sources(mycelium PRIVATE $<TARGET_OBJECTS:room_${target}>)
    endif()
    if(tests)
        mycelium_test(test_${target} ${tests} LABEL unit TIMEOUT 120 LIBRARIES simdjson::simdjson PkgConfig::DEFLATE)
    endif()
endfunction()

foreach(room base core/codec core/wire core/pattern core/mesh host/os host/memory host/stream host/transport fabric relay deploy)
    mycelium_room(${room})
endforeach()

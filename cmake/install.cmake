# What a user's machine gets: headers, library, command, a CMake package, a pkg-config file and the conformance suite.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mycelium)
install(TARGETS mycelium EXPORT mycelium-targets)
install(DIRECTORY include/mycelium DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT mycelium-targets NAMESPACE mycelium:: DESTINATION ${package_dir})
configure_package_config_file(cmake/mycelium-config.cmake.in ${PROJECT_BINARY_DIR}/mycelium-config.cmake
                              INSTALL_DESTINATION ${package_dir}
                              PATH_VARS CMAKE_INSTALL_DATADIR)
# Below 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mycelium-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mycelium-config.cmake ${PROJECT_BINARY_DIR}/mycelium-config-version.cmake
        DESTINATION ${package_dir})

# A static library is no good to a program that is not told of its dependencies, with or without `pkg-config --static`:
# they are public then. A shared library keeps them to itself.
if(BUILD_SHARED_LIBS)
    set(pc_private .private)
    set(pc_threads "")
else()
    set(pc_private "")
    set(pc_threads " -pthread")
endif()
# Relative to the file itself, so that the tree may be moved and `cmake --install --prefix` tells the truth.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
configure_file(cmake/mycelium.pc.in ${PROJECT_BINARY_DIR}/mycelium.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mycelium.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET mycelium_command)
    file(RELATIVE_PATH library_from_command ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(mycelium_command PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_command}")
    install(TARGETS mycelium_command)
endif()

# Whoever writes a transport of their own proves it with the suite that ours pass.
install(DIRECTORY tests/conformance/ DESTINATION ${CMAKE_INSTALL_DATADIR}/mycelium/conformance
        FILES_MATCHING PATTERN "*.h" PATTERN "*.cpp" PATTERN "*.cmake" PATTERN "*.md" PATTERN standard EXCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

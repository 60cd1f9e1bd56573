extension SelftestScenario {
    /// Bound on a test, in seconds of the host's clock: the same for either set of modules,
    /// however busy this machine is.
    static let testSeconds = 8
    /// The same on this machine's clock: an emulated second with both CPUs busy takes up to a
    /// minute.
    static let testLimit = Duration.seconds(500)
    static let limit = Duration.seconds(3600)

    /// The tests that say something in the emulated host within a few seconds of its clock.
    ///
    /// Not here: tests of SVM, SEV, AMX and memory that needs huge pages, stress and performance
    /// tests, and those that take longer than `testSeconds` (hyperv_clock, hyperv_features,
    /// hyperv_ipi, hyperv_tlb_flush, kvm_create_max_vcpus, set_memory_region_test, dirty_log_test,
    /// vmx_preemption_timer_test) or nearly as long for what they add (recalc_apic_map_test,
    /// sync_regs_test).
    static let all = quick + [
        "apic_bus_clock_test", "coalesced_io_test", "cpuid_test", "cr4_cpuid_sync_test",
        "get_msr_index_features", "guest_memfd_test", "guest_print_test", "hwcr_msr_test",
        "hyperv_cpuid", "hyperv_extended_hypercalls", "kvm_clock_test", "kvm_pv_test",
        "max_vcpuid_cap_test", "monitor_mwait_test", "platform_info_test", "pmu_counters_test",
        "pmu_event_filter_test", "pre_fault_memory_test", "set_boot_cpu_id", "steal_time",
        "system_counter_offset_test", "tsc_msrs_test", "tsc_scaling_sync", "ucna_injection_test",
        "userspace_io_test", "vmx_apic_access_test", "vmx_dirty_log_test",
        "vmx_exception_with_invalid_guest_state", "vmx_invalid_nested_guest_state",
        "vmx_msrs_test", "vmx_nested_tsc_scaling_test", "vmx_pmu_caps_test", "vmx_tsc_adjust_test",
        "xapic_ipi_test", "xapic_state_test", "xcr0_cpuid_test", "xen_shinfo_test",
        "xen_vmcall_test", "xss_msr_test",
    ]

    /// Those for each `lab test`: what the patches are nearest to, and quick.
    static let quick = [
        "debug_regs", "exit_on_emulation_failure_test", "fix_hypercall_test", "hyperv_evmcs",
        "kvm_binary_stats_test", "nested_exceptions_test", "set_sregs_test", "smm_test",
        "state_test", "triple_fault_event_test", "userspace_msr_exit_test",
        "vmx_close_while_nested_test", "vmx_set_nested_state_test",
    ]
}

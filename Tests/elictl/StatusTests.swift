import Foundation
import Testing

@testable import elictl

/// What people see of query-eli.
struct StatusTests {
    static let reply = """
        {"return": {"mode": "on", "active": true, "supported": true, "reasons": [],
          "library": {"path": "/usr/lib/libELI.so.1", "version": "1.0", "abi": "1.1"},
          "kvm-features": 11, "max-latency-us": 1000,
          "vcpus": [
            {"cpu-index": 0, "home-cpu": 5, "mode": "direct", "waits": [], "idtr-limit": 559,
             "quantum-us": 1000},
            {"cpu-index": 1, "mode": "injection", "waits": ["config", "home"],
             "refusal": {"code": "not-pinned", "message": "may run on host CPUs 0-3",
                         "remedy": "pin it"}}],
          "routes": [
            {"device": "net0", "path": "/machine/peripheral/net0", "index": 0, "cpu-index": 0,
             "guest-vector": 34, "host-vector": 34, "placement": "identity", "state": "placed",
             "host-irq": 77},
            {"path": "/machine/peripheral/\\u001b[2J", "index": 1, "guest-vector": 35,
             "placement": "injected", "state": "unconfigured",
             "reason": {"code": "several-destinations", "message": "it may go to several vCPUs",
                        "remedy": "set its affinity"}}],
          "pins": [
            {"path": "/machine/old", "pin": "INTA",
             "reason": {"code": "pin", "message": "it is a pin", "remedy": "use MSI"}}]}}
        """

    static func info() throws -> ELIInfo {
        try QAPI.result(of: Data(reply.utf8), as: ELIInfo.self)
    }

    static let counters = VCPUCounters([
        0: [
            "exits": 1000, "eli_direct_entries": 900, "eli_bounces_np": 2, "eli_bounces_gp": 40,
            "eli_bounces_other": 3, "eli_adopted": 4, "eli_quantum_exits": 50, "eli_to_injection": 6,
        ]
    ])

    @Test func statusShowsVCPUsAndRoutesWithTheirReasons() throws {
        let text = StatusReport(info: try Self.info(), counters: Self.counters).text
        #expect(
            text == """
                mode         on
                active       yes
                supported    yes
                max latency  1000 us
                library      /usr/lib/libELI.so.1, version 1.0, ABI 1.1
                KVM          query, direct mode, shadow IDT

                vCPUs

                vCPU  host CPU       mode  quantum us  direct entries  met limit  other bounces  adopted  quantum ends  to injection
                ----  --------  ---------  ----------  --------------  ---------  -------------  -------  ------------  ------------
                   0         5     direct        1000             900         42              3        4            50             6
                   1         -  injection           -               -          -              -        -             -             -
                  vCPU 1: may run on host CPUs 0-3 (pin it)

                routes

                device                       placement  state         vCPU  guest vector  host vector  irq
                ---------------------------  ---------  ------------  ----  ------------  -----------  ---
                net0[0]                      identity   placed           0          0x22         0x22   77
                /machine/peripheral/\u{fffd}[2J[1]  injected   unconfigured     -          0x23            -    -
                /machine/old[INTA]           injected   -                -             -            -    -
                  /machine/peripheral/\u{fffd}[2J[1]: it may go to several vCPUs (set its affinity)
                  /machine/old[INTA]: it is a pin (use MSI)
                """)
    }

    @Test func statusOfAVMThatCannotHasTheReasons() throws {
        let reply = """
            {"return": {"active": false, "vcpus": [], "supported": false, "mode": "auto",
              "max-latency-us": 500, "kvm-features": 0, "routes": [], "pins": [],
              "reasons": [{"remedy": "use -accel kvm", "code": "accelerator-not-kvm",
                           "message": "the accelerator is not KVM"}]}}
            """
        let info = try QAPI.result(of: Data(reply.utf8), as: ELIInfo.self)
        #expect(
            StatusReport(info: info, counters: VCPUCounters()).text == """
                mode         auto
                active       no
                supported    no
                             the accelerator is not KVM
                               use -accel kvm
                max latency  500 us
                KVM          no ELI
                """)
    }

    @Test func jsonIsQEMUsWithTheCounters() throws {
        let text = try StatusJSON.text(Data(Self.reply.utf8), Self.counters)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let vcpus = try #require(object?["vcpus"] as? [[String: Any]])
        #expect(vcpus.map { ($0["counters"] as? [String: Int])?["exits"] } == [1000, nil])
        #expect(vcpus[1]["waits"] as? [String] == ["config", "home"])
        #expect(object?["kvm-features"] as? Int == 11)
    }

    @Test func theOutcomeOfASwitchNamesWhatGetsNothingOfIt() throws {
        #expect(
            ELISetting.outcome(try Self.info()) == """
                ELI is on, max latency 1000 us, 1 of 2 interrupts placed
                vCPU 1: may run on host CPUs 0-3 (pin it)
                """)
    }

    @Test func featureBitsWithoutANameAreShown() {
        #expect(KVMFeatures(rawValue: 1 << 40 | 6).text
            == "direct mode, unsafe interrupts accepted, 0x10000000000")
    }
}

# make run    measure, and leave a table, a picture and a report in .lab/
# make test   the tests that a change has to pass
# make test-full   all tests, for hours
HOST ?= all
COUNT ?= 10000
export DESTDIR PREFIX LIBDIR

# Each step dies with make, and all that it started dies with it.
CONTAIN := Tests/Lab/contain
LAB := .build/debug/lab

.PHONY: run test test-full test-here test-swift test-cases test-abi test-embedded test-fuzz test-lab benchmark \
	exit-cost selftests compare compare-iommu soak toggle attack kvm-fuzz libvirt deb test-deb \
	release install uninstall lab build clean

run: lab
	$(LAB) run --host $(HOST) --count $(COUNT)

test: test-here test-lab

test-full: test-here lab
	$(LAB) test --host $(HOST) --full

# All but the lab's. What fuzzes and compiles takes one thread, and the cases end with one.
test-here: test-swift test-abi
	$(MAKE) --no-print-directory -j2 test-cases test-embedded test-fuzz

# What waits for processes, apart from millions of cases that take all threads.
CASES := ^(InterruptsTests|VIOMMUTests|DeliveryModel)[.]
test-swift:
	$(CONTAIN) swift test --skip '$(CASES)'

test-cases:
	$(CONTAIN) swift test --filter '$(CASES)'

# The plugin without a Swift runtime, its size, and the C tests against it.
test-embedded:
	$(CONTAIN) Tests/embedded-build.sh

# The same inputs each time; `Tests/Fuzz/run.sh -max_total_time=600` goes on for ten minutes.
test-fuzz:
	$(CONTAIN) Tests/Fuzz/run.sh

# What shadow IDT and plan cost.
benchmark:
	$(CONTAIN) swift run -c release interrupts-benchmark

test-abi:
	$(CONTAIN) swift build -c release --product ELI
	$(CONTAIN) Tests/ABI/run.sh .build/release/libELI.so

test-lab: lab
	$(LAB) test --host $(HOST)

# What ordinary exits cost with stock and with patched kvm modules; fails if ours cost more.
exit-cost: lab
	$(LAB) exit-cost

# Linux's own tests of KVM with stock and with patched kvm modules; fails if they differ.
selftests: lab
	$(LAB) selftests

# The talk's comparison: what a guest keeps of bare metal, by how it comes by its device.
compare: lab
	$(LAB) compare

# What mapping and unmapping costs a guest, by its IOMMU.
compare-iommu: lab
	$(LAB) compare-iommu

# Half an hour of traffic while ELI is switched, irqs move and QEMU dies, in the AMD host; then what
# befalls a guest: reset, S3, kexec, a crash kernel, hot-plugged vCPUs, snapshots, migration.
soak: lab
	$(LAB) soak
	$(LAB) test --host amd --only lifecycle --only migration

# ELI switched ten thousand times while a device interrupts, and a thousand times on the Intel host.
toggle: lab
	$(LAB) toggle

# Hostile guests against both emulated hosts, each of which must keep all interrupts of its own.
attack: lab
	$(LAB) attack

# Ten minutes of random calls of KVM by a VMM that lies, in both emulated hosts.
kvm-fuzz: lab
	$(LAB) kvm-fuzz

# libvirt with its patches, after its own tests of what they touch.
libvirt: lab
	$(LAB) libvirt

# Debian packages of all that a host needs, in .lab/deb.
deb: lab
	$(LAB) deb

# The packages in a clean Debian 13: installed, used, and removed again. The same without packages.
test-deb: lab release
	Tests/Lab/packages/install.sh .build/release
	$(LAB) deb --test

# libELI and elictl as they are installed: neither needs a Swift runtime.
release:
	$(CONTAIN) swift build -c release --product ELI
	$(CONTAIN) swift build -c release --static-swift-stdlib --product elictl

# make install PREFIX=/usr/local LIBDIR=/usr/local/lib DESTDIR=, and uninstall with the same
install: release
	Packaging/install .build/release

uninstall:
	Packaging/install --uninstall

# Everything that `run` and `test` need, and nothing run.
build: lab
	$(LAB) build --host $(HOST)

lab:
	$(CONTAIN) swift build --product lab

clean:
	rm -rf .build .lab

# make run    measure, and leave a table, a picture and a report in .lab/
# make test   everything that can be checked without hardware virtualization
HOST ?= all
COUNT ?= 10000

# Each step dies with make, and all that it started dies with it.
CONTAIN := Tests/Lab/contain
LAB := .build/debug/lab

.PHONY: run test test-swift test-abi test-lab lab build clean

run: lab
	$(LAB) run --host $(HOST) --count $(COUNT)

test: test-swift test-abi test-lab

test-swift:
	$(CONTAIN) swift test

test-abi:
	$(CONTAIN) swift build -c release --product ELI
	$(CONTAIN) Tests/ABI/run.sh .build/release/libELI.so

test-lab: lab
	$(LAB) test --host $(HOST)

# Everything that `run` and `test` need, and nothing run.
build: lab
	$(LAB) build --host $(HOST)

lab:
	$(CONTAIN) swift build --product lab

clean:
	rm -rf .build .lab

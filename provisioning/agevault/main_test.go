package agevault_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning/agevault"
)

// randomChecks is how many random series the vault has to stand, unless the command line says otherwise: each step waits for a disk.
const randomChecks = "20"

// childVar tells a process that it is the child of a test: what to do, the folder, and the identity, in lines of their own.
const childVar = "REEVE_AGEVAULT_CHILD"

func TestMain(m *testing.M) {
	if job, isChild := os.LookupEnv(childVar); isChild {
		if err := child(job); err != nil {
			fmt.Fprintln(os.Stderr, "agevault: a child process:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// command is a process that does a job on a vault.
func command(t testing.TB, job, dir string, identity age.Identity) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s\n%s\n%s", childVar, job, dir, identity))
	cmd.Stderr = t.Output()
	return cmd
}

func child(job string) error {
	parts := strings.SplitN(job, "\n", 3)
	identity, err := age.ParseX25519Identity(parts[2])
	if err != nil {
		return err
	}
	v, err := agevault.Open(parts[1], []age.Identity{identity}, nil)
	if err != nil {
		return err
	}
	job, number, _ := strings.Cut(parts[0], " ")
	switch job {
	case "count":
		return keepCounting(v)
	case "work":
		return workOnOwn(v, number)
	case "full":
		return putOnFullDisk(v)
	}
	return fmt.Errorf("%q is no job", job)
}

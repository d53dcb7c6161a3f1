package scan_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/reeve-go/reeve/scan"
)

// A fleet does this by itself: it launches agents as processes, and terminates them.
func ExampleProcesses() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "agents-") // a host's outlives the program, as its agents do
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	launcher, err := scan.NewProcesses(dir, func(string, scan.AgentSpec) *exec.Cmd {
		// A host's own program, which has the token from its environment: scan.EnvToken.
		return exec.Command("sleep", "600") //nolint:noctx // it outlives the program on purpose
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	first, err := launcher.Launch(ctx, "agents.1", scan.AgentSpec{Fleet: "agents", Width: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := launcher.Launch(ctx, "agents.1", scan.AgentSpec{Fleet: "agents", Width: 1})
	fmt.Println("launched twice, the same one:", first == again, err)

	fmt.Println("terminated:", launcher.Terminate(ctx, "agents.1"))
	gone, err := launcher.Launch(ctx, "agents.1", scan.AgentSpec{Fleet: "agents", Width: 1})
	fmt.Println("launched again, it is gone:", gone.Gone, err)
	// Output:
	// launched twice, the same one: true <nil>
	// terminated: <nil>
	// launched again, it is gone: true <nil>
}

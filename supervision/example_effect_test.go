package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// untilIdle gives rounds of turns and effects until there is nothing to do.
func untilIdle(ctx context.Context, sup *supervision.Supervisor) {
	for {
		if n, err := sup.Pass(ctx); n == 0 || err != nil {
			if err != nil {
				fmt.Println(err)
			}
			return
		}
	}
}

// An effect is tried again after an error, under the same idempotency key, until it succeeds or is
// given up. What came of it is a message to the record.
func ExampleEffect() {
	ctx := context.Background()
	upload := supervision.NewEffect[string, int]("upload")
	backups, err := supervision.NewKind[Backup]("backup", machine, memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Supervise(sup, backups, func(t *Turn) error {
		for _, m := range t.Messages {
			if files, err, ok := upload.Outcome(m); ok {
				fmt.Println("outcome:", files, err)
				t.Data.Files = files
				return t.Fire(Finish)
			}
		}
		return nil
	})
	keys := map[string]bool{}
	supervision.Perform(sup, upload, func(_ context.Context, c supervision.Call, directory string) (int, error) {
		keys[c.Key] = true
		fmt.Println("attempt", c.Attempt, "at", directory)
		switch {
		case directory == "/nowhere":
			return 0, supervision.Permanent(errors.New("no such directory"))
		case c.Attempt == 1:
			return 0, supervision.RetryAfter(0, errors.New("busy"))
		}
		return 1204, nil
	}, &supervision.PerformOptions{Attempts: 5, Timeout: time.Minute})

	for _, directory := range []string{"/home", "/nowhere"} {
		if err := backups.Create(ctx, directory, Backup{}); err != nil {
			fmt.Println(err)
		}
		err := backups.Fire(ctx, directory, Start, func(t *Turn) error {
			upload.Emit(t, directory, supervision.Within(10*time.Minute))
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
		untilIdle(ctx, sup)
	}
	fmt.Println(len(keys), "idempotency keys")
	// Output:
	// attempt 1 at /home
	// attempt 2 at /home
	// outcome: 1204 <nil>
	// attempt 1 at /nowhere
	// outcome: 0 effect "upload": given up after 1 attempts: no such directory
	// 2 idempotency keys
}

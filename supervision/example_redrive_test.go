package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// What cannot be understood or done is kept as dead, with the reason. Once the cause is mended all of it
// is redriven.
func ExampleKind_RedriveAll() {
	ctx := context.Background()
	upload := supervision.NewEffect[string, int]("upload")
	report := supervision.NewMessage[Report]("report")
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
			if files, err, ok := upload.Outcome(m); ok && err == nil {
				fmt.Println("uploaded", files)
			}
			if _, ok := report.Body(m); ok {
				fmt.Println("a report")
			}
		}
		return nil
	})
	quota := supervision.Permanent(errors.New("the quota is used up"))
	supervision.Perform(sup, upload, func(context.Context, supervision.Call, string) (int, error) { return 1204, quota }, nil)

	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	err = backups.Fire(ctx, "home", Start, func(t *Turn) error {
		upload.Emit(t, "/home")
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	if err := backups.Deliver(ctx, "home", storage.Message{ID: "agent-7/1", Name: "report", Body: []byte("1204 files")}); err != nil {
		fmt.Println(err)
	}
	untilIdle(ctx, sup)
	for m, err := range backups.DeadMessages(ctx) {
		fmt.Printf("message %q to %s: %s %v\n", m.Name, m.To, m.Reason, err)
	}
	for e, err := range backups.DeadEffects(ctx) {
		fmt.Printf("effect %q of %s: %s %v\n", e.Name, e.From, e.Reason, err)
	}

	quota = nil
	n, err := backups.RedriveAll(ctx, time.Hour)
	fmt.Println(n, "redriven", err)
	untilIdle(ctx, sup)
	for m, err := range backups.DeadMessages(ctx) {
		fmt.Println("still dead:", string(m.Body), err)
	}
	// Output:
	// message "report" to backup/home: it cannot be decoded: invalid character 'f' after top-level value <nil>
	// effect "upload" of backup/home: the quota is used up <nil>
	// 2 redriven <nil>
	// uploaded 1204
	// still dead: 1204 files <nil>
}

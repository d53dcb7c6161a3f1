package supervision_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

func TestExplainSaysWhatARecordWaitsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps, err := supervision.NewKind("lamp", lampMachine, memory.New(nil), &supervision.KindOptions[lamp, lampState, lampEvent]{
			Explain: func(_ context.Context, r supervision.Record[lamp, lampState]) ([]string, error) {
				return []string{"the host says " + string(r.State)}, nil
			},
		})
		must(t, err)
		s, err := supervision.New(&supervision.Options{Name: "here"})
		must(t, err)
		supervision.Supervise(s, lamps, decideLamp)
		tries := 0
		supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) {
			if tries++; tries == 1 {
				return 0, supervision.RetryAfter(time.Minute, errors.New("no current"))
			}
			time.Sleep(40 * time.Second)
			return 230, nil
		}, nil)
		stop := running(t, s)
		defer stop()
		ctx := t.Context()
		must(t, lamps.Create(ctx, "a", lamp{}))
		operation, err := lamps.Order(ctx, "a", press, time.Hour, nil)
		must(t, err)
		time.Sleep(30*time.Second + 500*time.Millisecond)
		e, err := lamps.Explain(ctx, "a")
		must(t, err)
		for _, want := range []string{
			"lamp/a is switching for 30.5s",
			"operation " + operation + ", to end in 59m29.5s",
			"its time there is up in 9m29.5s; then timeout",
			`effect "current" is pending after attempt 1: no current, to be tried in `,
			"the host says switching",
			"its next turn is in 9m29.5s",
		} {
			if !strings.Contains(e.String(), want) {
				t.Errorf("it is explained without %q:\n%s", want, e)
			}
		}
		time.Sleep(time.Minute)
		if e, err = lamps.Explain(ctx, "a"); err != nil || !strings.Contains(e.String(), `effect "current" is running by here, attempt 2`) {
			t.Errorf("it is explained by (%v)\n%s", err, e)
		}
	})
}

package supervisiontest

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// perform stands between a supervisor and what performs its effects, and is the bad outside.
func (p *Process) perform(ctx context.Context, c supervision.Call, effect string, perform func(context.Context) error) error {
	what := fmt.Sprintf("%s of %s, attempt %d", effect, c.From, c.Attempt)
	if err := p.task.step(p.life); err != nil {
		return err
	}
	did, err := p.ask(ctx, what, perform)
	p.sim.trace.add(p.Name(), "performs %s: %s%s", what, did, answer(err))
	if crashed := p.task.step(p.life); crashed != nil {
		return crashed
	}
	return err
}

// ask asks the outside. It returns what came of it, for the trace.
func (p *Process) ask(ctx context.Context, what string, perform func(context.Context) error) (did string, err error) {
	s := p.sim
	switch s.tape.weigh(60, s.weight(SlowEffects, 10), s.weight(FailingEffects, 10), s.weight(LyingEffects, 10), s.weight(RepeatedEffects, 5), s.weight(LateEffects, 5)) {
	case 1:
		lease := s.options.Supervisor.Lease
		took := Pick(s, time.Second, lease/2, 2*lease, 20*time.Minute)
		if err := p.task.sleep(ctx, p.life, took); err != nil {
			return "", err
		}
		if ctx.Err() != nil {
			return "slowly, ", context.Cause(ctx)
		}
		return "slowly, ", perform(ctx)
	case 2:
		return "", errOutside
	case 3:
		if err := perform(ctx); err != nil {
			return "", err
		}
		return "done, and says: ", errOutside
	case 4:
		return "twice, " + answer(perform(ctx)) + " and ", perform(ctx)
	case 5:
		s.fly("the late "+what, func(ctx context.Context) error { _ = perform(ctx); return nil })
		return "later, and says: ", errOutside
	}
	return "", perform(ctx)
}

// weight is that of a fault, zero if it does not happen.
func (s *Sim) weight(f Faults, weight int) int {
	if !s.suffers(f) {
		return 0
	}
	return weight
}

func answer(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

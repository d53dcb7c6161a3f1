package scan

import (
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Pool is what jobs need permits of: the data of a record that gives them out, all that a job asks for at once, and takes them back when the job has
// ended. Who holds permits, and who waits in which order, are its elements.
type Pool struct {
	// Limits are how much there is of each key: zero is none, and a key that is not named is unlimited. "provider/*" is for each provider
	// that is not named itself. See [Manager.Limit].
	Limits map[string]int `json:"limits,omitempty"`
	// Used is how much is given out of each key that has a limit.
	Used map[string]int `json:"used,omitempty"`
	// Wanted is how many jobs lack nothing but an agent, Held how many have their permits, as the fleet was told last.
	Wanted int `json:"wanted,omitempty"`
	Held   int `json:"held,omitempty"`
	// Oldest is for how long a request has waited in the queue for an agent to take it, as heard last. If that is longer than the manager's
	// Options.QueueAge the pool gives nothing out.
	Oldest time.Duration `json:"oldest,omitempty"`
	// Heard counts the replies to jobs that have ended, and those to none.
	Heard Heard `json:"heard,omitzero"`
}

// PoolState says whether a pool gives permits out.
type PoolState string

// The states of a pool.
const (
	// PoolOpen: permits are given out.
	PoolOpen PoolState = "open"
	// PoolShut: agents do not keep up with what they are asked, so nothing is given out.
	PoolShut PoolState = "shut"
)

// PoolEvent is what happens to a pool.
type PoolEvent string

const (
	poolShut PoolEvent = "shut"
	poolOpen PoolEvent = "open"
)

// gaugeFor is how long it counts what was heard of the queue.
const gaugeFor = 2 * time.Minute

var poolMachine = fsm.MustCompile(fsm.Definition[PoolState, PoolEvent]{
	Name:    "scan-pool",
	Doc:     "A pool gives permits to jobs, and takes them back.",
	Initial: PoolOpen,
	States: fsm.States[PoolState, PoolEvent]{
		PoolOpen: {Mode: fsm.Resting, Doc: "Permits are given out."},
		PoolShut: {Mode: fsm.Waiting, After: gaugeFor, Then: poolOpen, Doc: "Agents do not keep up with what they are asked, so nothing is given out."},
	},
	Events: fsm.Events[PoolEvent]{
		poolShut: {Doc: "The oldest request has waited for too long.", By: fsm.Supervisor},
		poolOpen: {Doc: "Agents keep up again, or nothing was heard of the queue for a while.", By: fsm.Supervisor},
	},
	Table: fsm.Table[PoolState, PoolEvent]{PoolOpen: {poolShut: PoolShut}, PoolShut: {poolOpen: PoolOpen}},
})

// A seat is a place in the pool's line: it waits, or it has its permits.
type seat struct {
	Job     storage.Key `json:"job"`
	Permits []Permit    `json:"permits,omitempty"`
	Since   time.Time   `json:"since"`
}

type (
	seatState string
	seatEvent string
)

const (
	seatWaiting seatState = "waiting"
	seatHeld    seatState = "held"
	seatGrant   seatEvent = "grant"
)

var seatMachine = fsm.MustCompile(fsm.Definition[seatState, seatEvent]{
	Name:    "scan-seat",
	Doc:     "A job's place in the line of a pool. It is removed when the job has ended, or its time is up.",
	Initial: seatWaiting,
	States: fsm.States[seatState, seatEvent]{
		seatWaiting: {Mode: fsm.Resting, Doc: "The job waits for its permits, and gives up by its own clock."},
		seatHeld:    {Mode: fsm.Resting, Doc: "The job has them, for as long as it says that it goes on."},
	},
	Events: fsm.Events[seatEvent]{seatGrant: {Doc: "It gets its permits.", By: fsm.Supervisor}},
	Table:  fsm.Table[seatState, seatEvent]{seatWaiting: {seatGrant: seatHeld}},
})

// What jobs and pools say to each other. Each names the seat as its element.
type (
	asking    struct{ Permits []Permit }
	returning struct{ Heard Heard }
	keeping   struct{ For time.Duration }
	granted   struct{ Until time.Time }
	recalled  struct{}
)

var (
	askPermits    = supervision.NewMessage[asking]("scan.ask")
	returnPermits = supervision.NewMessage[returning]("scan.return")
	keepPermits   = supervision.NewMessage[keeping]("scan.keep")
	permitGranted = supervision.NewMessage[granted]("scan.granted")
	permitGone    = supervision.NewMessage[recalled]("scan.recalled")
)

// What else is said to a pool.
type (
	limiting struct {
		Key  string
		N    int
		None bool
	}
	gauging struct{ Oldest time.Duration }
)

var (
	setLimit = supervision.NewMessage[limiting]("scan.limit")
	setGauge = supervision.NewMessage[gauging]("scan.gauge")
	addHeard = supervision.NewMessage[Heard]("scan.heard")
)

type (
	poolTurn = supervision.Turn[Pool, PoolState, PoolEvent]
	seatElem = supervision.Element[seat, seatState]
)

// A poolWork is one turn of a pool.
type poolWork struct {
	*poolTurn

	m *Manager
}

func (m *Manager) decidePool(t *poolTurn) error {
	w := poolWork{t, m}
	if t.Data.Used == nil {
		t.Data.Used = map[string]int{}
	}
	for _, msg := range t.Messages {
		w.hear(msg)
	}
	for _, el := range m.seats.Due(t) {
		w.recall(el)
	}
	if err := w.gauge(); err != nil {
		return err
	}
	return w.grant()
}

// hear takes down one message.
func (w poolWork) hear(msg supervision.Message) {
	seats, t := w.m.seats, w.poolTurn
	if a, ok := askPermits.Body(msg); ok {
		if _, there := seats.Get(t, msg.Element); !there {
			seats.Add(t, msg.Element, 0, seat{Job: msg.From, Permits: a.Permits, Since: t.Now})
		}
	} else if r, ok := returnPermits.Body(msg); ok {
		t.Data.Heard.add(r.Heard)
		if el, there := seats.Get(t, msg.Element); there {
			w.free(el)
		}
	} else if k, ok := keepPermits.Body(msg); ok {
		if el, there := seats.Get(t, msg.Element); there && el.State == seatHeld {
			seats.Wake(t, el, k.For)
		}
	} else if l, ok := setLimit.Body(msg); ok {
		w.limit(l)
	} else if g, ok := setGauge.Body(msg); ok {
		t.Data.Oldest = g.Oldest
		if t.State == PoolShut && w.tooOld() {
			t.Touch(gaugeFor)
		}
	} else if h, ok := addHeard.Body(msg); ok {
		t.Data.Heard.add(h)
	}
}

func (w poolWork) limit(l limiting) {
	if w.Data.Limits == nil {
		w.Data.Limits = map[string]int{}
	}
	_, was := w.Data.Limits[l.Key]
	if l.None {
		delete(w.Data.Limits, l.Key)
	} else {
		w.Data.Limits[l.Key] = l.N
	}
	if was == l.None {
		w.recount()
	}
}

// recount counts what is given out of what there is only so much of: nothing else is counted.
func (w poolWork) recount() {
	clear(w.Data.Used)
	l := &admission{limits: w.Data.Limits, used: w.Data.Used}
	for el := range w.m.seats.Select(w.poolTurn, nil, seatHeld) {
		l.take(el.Data.Permits)
	}
}

// free removes a seat, with what it has.
func (w poolWork) free(el *seatElem) {
	if el.State == seatHeld {
		giveBack(w.Data.Used, el.Data.Permits)
	}
	w.m.seats.Remove(w.poolTurn, el)
}

// recall takes permits from a job that has not said for too long that it goes on. When the pool itself comes late, because no supervisor ran, so do
// jobs, and are waited for.
func (w poolWork) recall(el *seatElem) {
	switch {
	case el.State != seatHeld:
	case w.Now.Sub(el.Due) > tooLate:
		w.m.seats.Wake(w.poolTurn, el, patience)
	default:
		permitGone.Send(w.poolTurn, el.Data.Job, recalled{}, supervision.Slot("recalled"))
		w.free(el)
	}
}

func (w poolWork) tooOld() bool {
	return w.m.options.QueueAge > 0 && w.Data.Oldest > w.m.options.QueueAge
}

// gauge opens and shuts the pool.
func (w poolWork) gauge() error {
	if w.Expired == supervision.StateExpired {
		w.Data.Oldest = 0 // nothing was heard for a while
	}
	switch tooOld := w.tooOld(); {
	case tooOld && w.State == PoolOpen:
		return w.Fire(poolShut)
	case !tooOld && w.State == PoolShut:
		return w.Fire(poolOpen)
	}
	return nil
}

// grant gives permits to those in the line who can have them, the oldest first, and tells the fleet how many more there are that want nothing but an agent.
func (w poolWork) grant() error {
	fleet := w.m.fleetPermit()
	if _, known := w.Data.Limits[fleet]; fleet != "" && !known {
		w.limit(limiting{Key: fleet}) // until it says what it has
	}
	l := &admission{limits: w.Data.Limits, used: w.Data.Used, now: w.Now, reserved: map[string]bool{}}
	if w.State == PoolShut {
		l.used = maps.Clone(l.used) // nothing is given out
	}
	// With agents enough, these would begin, too.
	more := &admission{limits: w.Data.Limits, used: maps.Clone(w.Data.Used), now: w.Now, reserved: map[string]bool{}}
	wanted, most := 0, w.mostWanted()
	blocked := map[int]Permit{} // what those of a group lack
	longer, moved := false, false
	for el := range w.line(blocked, &longer) {
		missing := l.admit(claim{el.Data.Permits, el.Data.Since})
		lacks := len(missing) > 0
		if lacks {
			was := el.Group
			el.Group = lacking(missing[0].Key)
			moved = moved || el.Group != was
		}
		wants := (!lacks || missing[0].Key == fleet) && wanted < most && len(more.admit(without(fleet, el.Data))) == 0
		switch {
		case wants && (lacks || w.State == PoolShut):
			wanted++
		case lacks:
			blocked[el.Group] = missing[0]
		case w.State == PoolOpen:
			if err := w.m.seats.Fire(w.poolTurn, el, seatGrant); err != nil {
				return err
			}
			moved = true
			w.m.seats.Wake(w.poolTurn, el, permitFor)
			permitGranted.Send(w.poolTurn, el.Data.Job, granted{w.Now.Add(permitFor)})
		}
	}
	if longer && moved { // else another turn would see the same
		w.Wake(time.Millisecond)
	}
	if held := w.m.seats.Count(w.poolTurn, seatHeld); fleet != "" && (wanted != w.Data.Wanted || held != w.Data.Held) {
		w.Data.Wanted, w.Data.Held = wanted, held
		w.m.options.Fleet.Demand(w.poolTurn, wanted, held)
	}
	return nil
}

// mostWanted is how many of the line are counted that want nothing but an agent: as many as the fleet could still take, so that it launches what it needs at
// once, but less than a turn looks at, or it would never come to the end of a long line.
func (w poolWork) mostWanted() int {
	f := w.m.options.Fleet
	if f == nil {
		return linePage
	}
	return min(max(f.options.Max*f.options.Width-w.Data.Limits[w.m.fleetPermit()], linePage), linePage*(linePages-2))
}

// without returns what a seat is to have but for one key.
func without(key string, s *seat) claim {
	return claim{slices.DeleteFunc(slices.Clone(s.Permits), func(p Permit) bool { return p.Key == key }), s.Since}
}

// How much of a line a turn looks at: pages of so many seats.
const (
	linePage  = 100
	linePages = 10
)

// line yields those that wait, the oldest first. A seat is in the group of what it lacked last. Once one of a group is blocked by that, all who need
// as much of it are left out, so that a long line of them keeps nobody from what is free, and is not read. Longer is set if there may be more than a turn
// can look at.
func (w poolWork) line(blocked map[int]Permit, longer *bool) iter.Seq[*seatElem] {
	return func(yield func(*seatElem) bool) {
		seen := map[string]bool{}
		for range linePages {
			groups := w.open(blocked)
			if len(groups) == 0 {
				return
			}
			page := w.m.seats.First(w.poolTurn, linePage+len(seen), groups, seatWaiting)
			fresh := 0
			for _, el := range page {
				if seen[el.Name] {
					continue
				}
				seen[el.Name] = true
				fresh++
				if lacks, is := blocked[el.Group]; is && el.Data.needs(lacks) {
					continue
				}
				if !yield(el) {
					return
				}
			}
			if fresh < linePage {
				return
			}
		}
		*longer = true
	}
}

// open returns the groups that are not blocked.
func (w poolWork) open(blocked map[int]Permit) (groups []int) {
	for group := range w.m.seats.Groups(w.poolTurn, func(s seatState) bool { return s == seatWaiting }) {
		if _, is := blocked[group]; !is {
			groups = append(groups, group)
		}
	}
	return groups
}

// needs reports whether a seat is to have as much of a key.
func (s *seat) needs(p Permit) bool {
	return slices.ContainsFunc(s.Permits, func(o Permit) bool { return o.Key == p.Key && o.weight() >= p.weight() })
}

// lacking returns the group of the seats that lack a key; those that nobody has looked at are in group zero.
func lacking(key string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, key)
	return 1 + int(h.Sum32()>>2)
}

// permitFor is for how long permits are given out; a job that goes on says so when half of it has passed.
const permitFor = time.Hour

// tooLate is how much later than it was due a turn of the pool is late.
const tooLate = time.Minute

// ticket returns the name of a job's seat: those of a lower priority's number come first, then the older ones.
func ticket(priority int, since time.Time, job string) string {
	return fmt.Sprintf("%d-%016x-%s", priority, since.UnixMicro(), job)
}

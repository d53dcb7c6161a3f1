package provisioning

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Manager keeps requests for resources: each a durable record that owns its resources. Who wants resources makes a request, a
// supervisor calls the provisioners, and the owner is told when the status changes. Any number of programs may have one on the same
// store. It is safe for concurrent use.
type Manager struct {
	// Requests are the records: to get, list, explain, pause and resume them, and to read their history.
	Requests *supervision.Kind[Request, Status, RequestEvent]

	resources *supervision.Elements[Resource, ResourceState, ResourceEvent]
	store     storage.Store
	options   Options
	types     map[string]*provisioner
	callback  *url.URL
	broken    error
}

// Options are the options of a [Manager]. Nil is the same as the zero value. All programs that supervise the requests of a
// store need the same, but for the logger, and the same types.
type Options struct {
	// Name is the kind of the records. Empty: request.
	Name string
	// OnFailure says what becomes of a request of which a resource failed for good. The zero value is [Unwind].
	OnFailure FailurePolicy
	// Vault keeps secrets. It is this manager's alone: what none of its resources needs is removed from it. Nil: an answer with
	// secrets is an error.
	Vault Vault
	// CallbackURL is where the host serves [Manager.Handler], as external provisioners reach it, and Secret is what tokens for
	// callbacks are derived from: at least 32 bytes that nobody else knows. Empty: there are no callbacks.
	CallbackURL string
	Secret      []byte
	// Gate is how long a gated resource waits to be approved before it has failed. Zero: seven days.
	Gate time.Duration
	// Sweep is how often the vault is searched for secrets that nothing needs any more. Zero: every hour; less: never.
	Sweep time.Duration
	// Logger is told of what no record tells. Nil: [slog.Default].
	Logger *slog.Logger
}

// A FailurePolicy says what becomes of a request of which a resource failed for good.
type FailurePolicy uint8

const (
	// Unwind: it is terminated, so that all its resources are released.
	Unwind FailurePolicy = iota
	// Hold: it is [Failed] until somebody retries or terminates it. Its other resources go on.
	Hold
)

const (
	defaultGate  = 7 * 24 * time.Hour
	defaultSweep = time.Hour
	leastSecret  = 32
)

// NewManager returns a manager whose requests are in store. Tell it with [Manager.Register] who provisions what, and give it to a
// supervisor with [Manager.Supervise].
func NewManager(store storage.Store, o *Options) (*Manager, error) {
	m := &Manager{store: store, types: map[string]*provisioner{}}
	if o != nil {
		m.options = *o
	}
	o = &m.options
	if o.Name == "" {
		o.Name = "request"
	}
	if o.Gate == 0 {
		o.Gate = defaultGate
	}
	if o.Sweep == 0 {
		o.Sweep = defaultSweep
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := m.checkOptions(); err != nil {
		return nil, fmt.Errorf("provisioning: %w", err)
	}
	m.resources = supervision.NewElements[Resource](resourceMachine, nil)
	var err error
	m.Requests, err = supervision.NewKind(o.Name, requestMachine, store, &supervision.KindOptions[Request, Status, RequestEvent]{
		Derive: deriveStatus, Elements: m.resources, Explain: m.explain,
	})
	return m, err
}

func (m *Manager) checkOptions() error {
	o := &m.options
	switch {
	case o.OnFailure > Hold:
		return fmt.Errorf("OnFailure is %d; Unwind and Hold are right", o.OnFailure)
	case o.Gate < 0:
		return fmt.Errorf("a gated resource is to wait for %v; a positive time is right", o.Gate)
	case (o.CallbackURL == "") != (len(o.Secret) == 0):
		return errors.New("callbacks need both a CallbackURL and a Secret; one of them is missing")
	case o.CallbackURL == "":
		return nil
	case len(o.Secret) < leastSecret:
		return fmt.Errorf("the Secret has %d bytes; at least %d are right", len(o.Secret), leastSecret)
	}
	u, err := url.Parse(o.CallbackURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New(`the CallbackURL is not one of a server; one like "https://control.example.com/callbacks" is right`)
	}
	m.callback = u
	return nil
}

// Register says who provisions the resources of a type. Call it before the manager is used. What is wrong with it is returned
// by the methods that make requests, and by [supervision.Supervisor.Run].
func (m *Manager) Register(typ string, p Provisioner, o *TypeOptions) {
	switch {
	case typ == "" || p == nil:
		m.refuse("a type has to have a name and a provisioner; one of them is missing")
	case m.types[typ] != nil:
		m.refuse("type %q is registered twice; once is right", typ)
	default:
		of, err := newProvisioner(typ, p, o)
		if err != nil {
			m.refuse("type %q: %w", typ, err)
		}
		m.types[typ] = of
	}
}

func (m *Manager) refuse(format string, args ...any) {
	m.broken = errors.Join(m.broken, fmt.Errorf("provisioning: "+format, args...))
}

func (m *Manager) typeNames() string {
	return strings.Join(slices.Sorted(maps.Keys(m.types)), ", ")
}

// Supervise has a supervisor do the work. Call it before its Run, after [Manager.Register]. A program without it can make requests all
// the same.
func (m *Manager) Supervise(s *supervision.Supervisor) error {
	if m.broken != nil {
		return m.broken
	}
	var emits []interface{ Name() string }
	for _, name := range slices.Sorted(maps.Keys(m.types)) {
		of := m.types[name]
		emits = append(emits, of.effect)
		supervision.Perform(s, of.effect, func(ctx context.Context, c supervision.Call, o order) (reply, error) {
			return m.perform(ctx, of, c, o), nil
		}, &supervision.PerformOptions{Attempts: -1, Timeout: of.options.Timeout, Caps: of.options.Caps})
	}
	supervision.Supervise(s, m.Requests, m.decide, supervision.Emits(emits...))
	if m.options.Vault != nil && m.options.Sweep > 0 {
		s.Source(m.options.Name+".sweep", m.store, m.sweepNowAndThen)
	}
	return nil
}

// Resources yields the resources of a request as they are stored, by id.
func (m *Manager) Resources(ctx context.Context, request string) iter.Seq2[supervision.Element[Resource, ResourceState], error] {
	return m.resources.List(ctx, m.Requests, request)
}

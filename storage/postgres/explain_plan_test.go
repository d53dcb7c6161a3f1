package postgres_test

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A plan is how the server ran a statement.
type plan struct {
	Query string `json:"Query Text"`
	Plan  node
}

// A node is a step of a plan.
type node struct {
	Type      string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	Index     string `json:"Index Name"`
	IndexCond string `json:"Index Cond"`
	Filter    string
	Rows      float64 `json:"Actual Rows"`
	Loops     float64 `json:"Actual Loops"`
	Removed   float64 `json:"Rows Removed by Filter"`
	Rechecked float64 `json:"Rows Removed by Index Recheck"`
	Hit       int     `json:"Shared Hit Blocks"`
	Read      int     `json:"Shared Read Blocks"`
	Plans     []node
}

// each calls look with a node and those beneath it.
func (n node) each(look func(node)) {
	look(n)
	for _, below := range n.Plans {
		below.each(look)
	}
}

// looked is how many rows of a table were looked at.
func (n node) looked() float64 { return (n.Rows + n.Removed + n.Rechecked) * n.Loops }

// buffers is how many pages were looked at, in the server's memory or on the disk.
func (n node) buffers() int { return n.Hit + n.Read }

// A planner hears the plans of the statements that run over its pool.
type planner struct {
	testing.TB
	pool  *pgxpool.Pool
	mu    sync.Mutex
	plans []plan
}

func newPlanner(t testing.TB, url string) *planner {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	p := &planner{TB: t}
	config.MaxConns = 1
	maps.Copy(config.ConnConfig.RuntimeParams, map[string]string{
		"client_min_messages": "log", "auto_explain.log_min_duration": "0", "auto_explain.log_format": "json",
		"auto_explain.log_analyze": "on", "auto_explain.log_buffers": "on", "auto_explain.log_timing": "off", "log_min_messages": "fatal",
	})
	config.ConnConfig.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { p.hear(n.Message) }
	if p.pool, err = pgxpool.NewWithConfig(context.Background(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	return p
}

func (p *planner) hear(message string) {
	_, text, ok := strings.Cut(message, "plan:")
	if !ok {
		return
	}
	var one plan
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		p.Errorf("%v in %s", err, text)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plans = append(p.plans, one)
}

// heard returns the plans since the last call.
func (p *planner) heard() (plans []plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	plans, p.plans = p.plans, nil
	return plans
}

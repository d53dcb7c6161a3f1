package storagetest

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func TestModel(t *testing.T) {
	t.Parallel()
	Run(t, Harness{
		Virtual: true,
		New: func(testing.TB) Backend {
			m := newModel(time.Now, storage.Limits{})
			return Backend{Store: m, Open: func(testing.TB) storage.Store { return m }}
		},
	})
}

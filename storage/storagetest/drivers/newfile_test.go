package drivers

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/reeve-go/reeve/storage/sqlite"
)

// Whoever comes first gives a new file its write-ahead log. The others wait for that.
func TestManyOpenANewFile(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		for range 5 {
			path := filepath.Join(t.TempDir(), "estate.db")
			var wg sync.WaitGroup
			for range 8 {
				db := open(t, driver, dsnOf(path))
				wg.Go(func() {
					s, err := sqlite.New(t.Context(), db, &unhurried)
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.Migrate(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
	})
}

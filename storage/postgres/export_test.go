package postgres

import (
	"context"
	"io/fs"
)

// MigrateWith is Migrate with the migrations of another program.
func (s *Store) MigrateWith(ctx context.Context, all fs.FS) error { return s.migrateWith(ctx, all) }

// Channel is where notifications go.
func (s *Store) Channel() string { return s.notifier.channel }

// Mute makes all notifications fail.
func (s *Store) Mute() { s.notifier.channel = "" }

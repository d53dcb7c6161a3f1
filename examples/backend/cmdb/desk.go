package cmdb

import (
	"context"
	"database/sql"
)

// A Service is a row as the service desk sees it.
type Service struct {
	No                int
	Tag, Status       string
	Owner, CostCenter string
}

// Assign notes to whom a service belongs. A service that there is not is planned with it. It is one of
// the host's other programs, which know nothing of supervisors.
func Assign(ctx context.Context, db *sql.DB, tag, owner, costCenter string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO services (service_tag, owner, cost_center) VALUES (?, ?, ?)
ON CONFLICT (service_tag) DO UPDATE SET owner = excluded.owner, cost_center = excluded.cost_center`, tag, owner, costCenter)
	return err
}

// Report returns all services by number. It is another of the host's programs.
func Report(ctx context.Context, db *sql.DB) (all []Service, err error) {
	rows, err := db.QueryContext(ctx, `SELECT service_no, service_tag, status, owner, cost_center FROM services ORDER BY service_no`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s Service
		if err := rows.Scan(&s.No, &s.Tag, &s.Status, &s.Owner, &s.CostCenter); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

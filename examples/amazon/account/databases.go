package account

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Databases yields instances of databases.
func (r *Reading) Databases(ctx context.Context) iter.Seq2[types.DBInstance, error] {
	gone := func(err error) bool { return isFault(err, "DBInstanceNotFound") }
	return each(r, Databases, gone, func(name *string) iter.Seq2[types.DBInstance, error] {
		pages := rds.NewDescribeDBInstancesPaginator(r.databases, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: name})
		return paged(ctx, pages, func(o *rds.DescribeDBInstancesOutput) []types.DBInstance { return o.DBInstances })
	})
}

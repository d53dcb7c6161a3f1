package main

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// found returns what a query finds, each row as its values with bars between.
func found(t *testing.T, file, query string) (out []string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is written
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(fmt.Sprintf(strings.Repeat("%v|", len(cells)), cells...), "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// links are queries of what belongs together, each for something that the recording and the simulated cloud have.
var links = map[string]string{
	"instance": `SELECT v.ref, v.name, v.state, i.ref, z.name, k.name, n.ref, s.ref, g.ref FROM vms AS v
		LEFT JOIN images AS i ON i.id = v.image_id LEFT JOIN zones AS z ON z.id = v.zone_id LEFT JOIN key_pairs AS k ON k.id = v.key_pair_id
		LEFT JOIN networks AS n ON n.id = v.network_id LEFT JOIN subnets AS s ON s.id = v.subnet_id
		LEFT JOIN vms_security_groups AS m ON m.vm_id = v.id LEFT JOIN security_groups AS g ON g.id = m.security_group_id WHERE v.ref = '%s'`,
	"hardware": `SELECT h.architecture, h.cores, h.guest_os, o.product_name, a.guest_os, l.name, l.value FROM vms AS v
		JOIN hardwares AS h ON h.owner_type = 'vms' AND h.owner_id = v.id JOIN operating_systems AS o ON o.owner_type = 'vms' AND o.owner_id = v.id
		JOIN hardwares AS a ON a.owner_type = 'images' AND a.owner_id = v.image_id
		JOIN labels AS l ON l.owner_type = 'vms' AND l.owner_id = v.id WHERE v.ref = '%s' ORDER BY l.name`,
	"volumes": `SELECT o.ref, o.state, a.device, a.state FROM attachments AS a JOIN vms AS v ON v.id = a.vm_id JOIN volumes AS o ON o.id = a.volume_id
		WHERE v.ref = '%s' ORDER BY o.ref`,
	"ports": `SELECT p.ref, p.state, s.ref, a.ip, a.public_ip, f.ref, f.address FROM network_ports AS p JOIN vms AS v ON v.id = p.vm_id
		JOIN subnets AS s ON s.id = p.subnet_id JOIN port_addresses AS a ON a.network_port_id = p.id LEFT JOIN floating_ips AS f ON f.network_port_id = p.id
		WHERE v.ref = '%s' ORDER BY a.ip`,
	"health": `SELECT b.name, m.state, l.port, s.ref FROM members AS m JOIN vms AS v ON v.id = m.vm_id JOIN load_balancers AS b ON b.id = m.load_balancer_id
		JOIN listeners AS l ON l.load_balancer_id = b.id JOIN load_balancers_subnets AS t ON t.load_balancer_id = b.id JOIN subnets AS s ON s.id = t.subnet_id
		WHERE v.ref = '%s' ORDER BY b.name, l.port, s.ref`,
}

func checkLinks(t *testing.T, file, instance string, want map[string][]string) {
	t.Helper()
	got := map[string][]string{}
	for name, query := range links {
		got[name] = found(t, file, fmt.Sprintf(query, instance))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", instance, diff)
	}
}

func TestRecordedLinks(t *testing.T) {
	t.Parallel()
	from, db := recording(t), newFile(t)
	reported(t, "-replay", from, "-db", db)
	checkLinks(t, db, "i-8b5739f2", map[string][]string{
		"instance": {
			"i-8b5739f2|EmsRefreshSpec-PoweredOn-VPC|running|ami-5769193e|us-east-1e|EmsRefreshSpec-KeyPair|vpc-ff49ff91|subnet-f849ff96|sg-80f755ef",
		},
		"hardware": {
			"x86_64|1|Red Hat Enterprise Linux|Red Hat Enterprise Linux|Red Hat Enterprise Linux|Name|EmsRefreshSpec-PoweredOn-VPC",
			"x86_64|1|Red Hat Enterprise Linux|Red Hat Enterprise Linux|Red Hat Enterprise Linux|owner|UNKNOWN",
		},
		"volumes": {"vol-0e4c86c12b28cead8|in-use|/dev/sdf|attached", "vol-67606d2d|in-use|/dev/sda1|attached"},
		"ports": {
			"eni-ad25f7cc|in-use|subnet-f849ff96|10.0.0.208|<nil>|eipalloc-ce53d7a0|54.208.119.197",
			"eni-ad25f7cc|in-use|subnet-f849ff96|10.0.0.254|54.208.119.197|eipalloc-ce53d7a0|54.208.119.197",
		},
		"health": {
			"EmSRefreshSpecVPCELB|OutOfService|22|subnet-16c70477",
			"EmSRefreshSpecVPCELB|OutOfService|22|subnet-f849ff96",
			"EmSRefreshSpecVPCELB|OutOfService|80|subnet-16c70477",
			"EmSRefreshSpecVPCELB|OutOfService|80|subnet-f849ff96",
			"EmSRefreshSpecVPCELB2|OutOfService|2222|subnet-16c70477",
			"EmSRefreshSpecVPCELB2|OutOfService|2222|subnet-f849ff96",
		},
	})
	stacks := found(t, db, `SELECT s.name, p.name, r.name FROM stacks AS s JOIN stacks AS p ON p.id = s.parent_id JOIN resources AS r ON r.physical_ref = s.ref`)
	if diff := cmp.Diff([]string{"EmsRefreshSpecStack-WebServerInstance-1CTHQS2P5WJ7S|EmsRefreshSpecStack|WebServerInstance"}, stacks); diff != "" {
		t.Errorf("stacks (-want +got):\n%s", diff)
	}
}

func TestSimulatedLinks(t *testing.T) {
	t.Parallel()
	db := newFile(t)
	reported(t, "-db", db, "-faults", "0")
	checkLinks(t, db, "i-00000001", map[string][]string{
		"instance": {"i-00000001|pet|running|ami-00000001|us-east-1a|bob|vpc-00000001|subnet-00000001|sg-00000001"},
		"hardware": {"x86_64|1|Ubuntu|Ubuntu|Ubuntu|Name|pet"},
		"volumes":  {"vol-00000001|in-use|/dev/sda|attached"},
		"ports":    {"eni-00000001|in-use|subnet-00000001|10.0.0.11|<nil>|<nil>|<nil>"},
		"health":   nil,
	})
	stacks := found(t, db, `SELECT v.ref, s.name, p.name, o.value FROM stacks AS s JOIN stacks AS p ON p.id = s.parent_id
		JOIN vms AS v ON v.stack_id = s.id JOIN outputs AS o ON o.stack_id = s.id`)
	if diff := cmp.Diff([]string{"i-00000009|shop-server-00000002|shop-00000001|https://shop-server-00000002.example"}, stacks); diff != "" {
		t.Errorf("stacks (-want +got):\n%s", diff)
	}
	rules := found(t, db, `SELECT g.name, r.direction, r.protocol, r.from_port, r.peer, p.name FROM rules AS r JOIN security_groups AS g ON g.id = r.security_group_id
		JOIN networks AS n ON n.id = g.network_id LEFT JOIN security_groups AS p ON p.id = r.peer_group_id WHERE n.ref = 'vpc-00000001' ORDER BY g.name, r.direction`)
	want := []string{
		"back|inbound|tcp|5432|sg-00000001|front", "back|outbound|all|-1|0.0.0.0/0|<nil>",
		"front|inbound|tcp|443|0.0.0.0/0|<nil>", "front|outbound|all|-1|0.0.0.0/0|<nil>",
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestGuestOS(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		image types.Image
		want  string
	}{
		{types.Image{}, "Linux"},
		{types.Image{Platform: types.PlatformValuesWindows, Name: aws.String("made on ubuntu")}, "Windows"},
		{types.Image{PlatformDetails: aws.String("Red Hat Enterprise Linux")}, "Red Hat Enterprise Linux"},
		{types.Image{ImageLocation: aws.String("309956199498/RHEL-7.2_HVM")}, "Red Hat Enterprise Linux"},
		{types.Image{Name: aws.String("amzn2-ami")}, "Amazon Linux"},
	} {
		if got := guestOS(&of.image); got != of.want {
			t.Errorf("%+v has %q, want %q", of.image, got, of.want)
		}
	}
}

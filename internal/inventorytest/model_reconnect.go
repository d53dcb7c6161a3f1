package inventorytest

import (
	"github.com/reeve-go/reeve/refresh/refreshtest"
)

// reconnected is the table whose archived rows come back under another key: by the columns of its chain, one after the
// other.
const reconnected = "networks"

var chain = []string{"serial", "name"}

// reconnect gives archived rows the keys under which they come back: where one alone that is archived and one alone that
// was brought and is new have the same value.
func (r *reading) reconnect(brought []statement) {
	was := r.now[reconnected]
	known := map[string]bool{} // keys that were brought
	var news []statement
	for _, st := range brought {
		if st.in != reconnected {
			continue
		}
		key, _ := r.keyOf(st.key)
		known[key] = true
		if was[key] == nil {
			news = append(news, st)
		}
	}
	for _, column := range chain {
		comes, archived := map[string][]string{}, map[string][]string{} // keys, by what they have in the column
		for _, st := range news {
			if key, _ := r.keyOf(st.key); st.says[column].value != "" && was[key] == nil {
				comes[st.says[column].value] = append(comes[st.says[column].value], key)
			}
		}
		for key, row := range was {
			if v := row[column]; row["archived_at"] != "" && !known[key] && comes[v] != nil {
				archived[v] = append(archived[v], key)
			}
		}
		for v, from := range archived {
			switch to := comes[v]; {
			case len(from) > 1:
				r.unresolved[reconnected+"."+column]++
			case len(to) == 1:
				was[to[0]] = was[from[0]]
				delete(was, from[0])
				r.renamed[from[0]] = to[0]
			}
		}
	}
}

// rename returns tables with the rows that came back under the keys under which they did.
func (o *outcome) rename(tables refreshtest.Tables) refreshtest.Tables {
	out := refreshtest.Tables{}
	for in, rows := range tables {
		out[in] = clone(rows)
	}
	for from, to := range o.renamed {
		out[reconnected][to] = out[reconnected][from]
		delete(out[reconnected], from)
	}
	return out
}

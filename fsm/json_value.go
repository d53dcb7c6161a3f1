package fsm

import (
	"encoding"
	"maps"
	"slices"
	"time"
)

// A jsonValue knows how one value of a definition is written and read.
type jsonValue struct {
	empty bool // a field with it is left out
	write func(w *jsonWriter)
	read  func(r *jsonReader)
}

// A jsonField is a value under its key in an object.
type jsonField struct {
	key   string
	value jsonValue
}

func jsonObject(fields ...jsonField) jsonValue {
	return jsonValue{
		write: func(w *jsonWriter) {
			w.object(func() {
				for _, field := range fields {
					if !field.value.empty {
						w.member(field.key, field.value)
					}
				}
			})
		},
		read: func(r *jsonReader) {
			r.object(func(key string) {
				at := slices.IndexFunc(fields, func(f jsonField) bool { return f.key == key })
				if at < 0 {
					r.fail("unknown field; use one of %s", quoteList(fieldKeys(fields)))
					return
				}
				fields[at].value.read(r)
			})
		},
	}
}

func fieldKeys(fields []jsonField) []string {
	keys := make([]string, len(fields))
	for i, field := range fields {
		keys[i] = field.key
	}
	return keys
}

// jsonMap is an object whose keys are names of the host.
func jsonMap[M ~map[K]V, K ~string, V any](at *M, value func(*V) jsonValue) jsonValue {
	return jsonValue{
		empty: len(*at) == 0,
		write: func(w *jsonWriter) {
			w.object(func() {
				for _, key := range slices.Sorted(maps.Keys(*at)) {
					v := (*at)[key]
					w.member(string(key), value(&v))
				}
			})
		},
		read: func(r *jsonReader) {
			r.object(func(key string) {
				if *at == nil {
					*at = M{}
				}
				var v V
				value(&v).read(r)
				(*at)[K(key)] = v
			})
		},
	}
}

func jsonList[T any](at *[]T, value func(*T) jsonValue) jsonValue {
	return jsonValue{
		empty: len(*at) == 0,
		write: func(w *jsonWriter) {
			w.list(len(*at), func(i int) { value(&(*at)[i]).write(w) })
		},
		read: func(r *jsonReader) {
			r.list(func() {
				var v T
				value(&v).read(r)
				*at = append(*at, v)
			})
		},
	}
}

func jsonText[T ~string](at *T) jsonValue {
	return jsonValue{
		empty: *at == "",
		write: func(w *jsonWriter) { w.text(string(*at)) },
		read:  func(r *jsonReader) { *at = T(r.text()) },
	}
}

// jsonName is a mode or an origin.
func jsonName(at interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
},
) jsonValue {
	return jsonValue{
		write: func(w *jsonWriter) {
			name, err := at.MarshalText()
			if err != nil {
				w.refuse(err)
			}
			w.text(string(name))
		},
		read: func(r *jsonReader) {
			name := r.text()
			if err := at.UnmarshalText([]byte(name)); err != nil {
				r.refuse(err)
			}
		},
	}
}

func jsonDuration(at *time.Duration) jsonValue {
	return jsonValue{
		empty: *at == 0,
		write: func(w *jsonWriter) { w.text(at.String()) },
		read: func(r *jsonReader) {
			text := r.text()
			d, err := time.ParseDuration(text)
			if err != nil {
				r.fail("%.80q is no duration; write it like \"10m\" or \"1h30m\"", text)
			}
			*at = d
		},
	}
}

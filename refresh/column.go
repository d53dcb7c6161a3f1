package refresh

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A codec turns the Go values of a field into those of its column and back.
type codec struct {
	typ    storage.ColumnType
	encode func(reflect.Value) (storage.Value, error)
	decode func(storage.Value, reflect.Value) error
	own    reflect.Type // the host's, which says itself what it is; nil: it is none
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	bytesType   = reflect.TypeFor[[]byte]()
	valuerType  = reflect.TypeFor[driver.Valuer]()
	scannerType = reflect.TypeFor[sql.Scanner]()
)

// codecOf returns the codec of a type. A nil pointer is null; a type that is a [driver.Valuer] and, as a
// pointer, a [sql.Scanner] says itself what it is.
func codecOf(t reflect.Type) (codec, error) {
	switch {
	case t == timeType:
		return timeCodec, nil
	case t == bytesType:
		return bytesCodec, nil
	case t.Implements(valuerType) && reflect.PointerTo(t).Implements(scannerType):
		own := ownCodec
		own.own = t
		return own, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		to, err := codecOf(t.Elem())
		if err != nil {
			return codec{}, err
		}
		return orNull(to), nil
	case reflect.Bool:
		return boolCodec, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intCodec, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return uintCodec, nil
	case reflect.Float32, reflect.Float64:
		return floatCodec, nil
	case reflect.String:
		return textCodec, nil
	default:
		return codec{}, fmt.Errorf("a %s cannot be a column; a bool, number, string, []byte, time.Time, a pointer to one, or a driver.Valuer and sql.Scanner can", t)
	}
}

// orNull is a codec of pointers.
func orNull(to codec) codec {
	return codec{
		to.typ,
		func(v reflect.Value) (storage.Value, error) {
			if v.IsNil() {
				return storage.Value{}, nil
			}
			return to.encode(v.Elem())
		},
		func(from storage.Value, v reflect.Value) error {
			if from.IsNull() {
				v.SetZero()
				return nil
			}
			v.Set(reflect.New(v.Type().Elem()))
			return to.decode(from, v.Elem())
		},
		to.own,
	}
}

// again returns a value of the database as the host's own type says it, which may be in other words: {"a"} is an array of
// PostgreSQL like {a}.
func (c codec) again(from storage.Value) (storage.Value, bool) {
	if c.own == nil || from.IsNull() {
		return from, false
	}
	v := reflect.New(c.own).Elem()
	if err := ownCodec.decode(from, v); err != nil {
		return from, false
	}
	value, err := ownCodec.encode(v)
	return value, err == nil
}

func plain(typ storage.ColumnType, kind storage.ValueKind, encode func(reflect.Value) storage.Value, decode func(storage.Value, reflect.Value)) codec {
	return codec{
		typ,
		func(v reflect.Value) (storage.Value, error) { return encode(v), nil },
		func(from storage.Value, v reflect.Value) error {
			if from.Kind() != kind {
				return fmt.Errorf("%s is no %s", from, v.Type())
			}
			decode(from, v)
			return nil
		},
		nil,
	}
}

var (
	boolCodec = plain(storage.BoolType, storage.BoolKind,
		func(v reflect.Value) storage.Value { return storage.BoolValue(v.Bool()) },
		func(from storage.Value, v reflect.Value) { v.SetBool(from.Bool()) })
	textCodec = plain(storage.TextType, storage.TextKind,
		func(v reflect.Value) storage.Value { return storage.TextValue(v.String()) },
		func(from storage.Value, v reflect.Value) { v.SetString(from.Text()) })
	bytesCodec = plain(storage.BytesType, storage.BytesKind,
		func(v reflect.Value) storage.Value {
			if v.IsNil() {
				return storage.Value{}
			}
			return storage.BytesValue(v.Bytes())
		},
		func(from storage.Value, v reflect.Value) { v.SetBytes([]byte(from.Text())) })
	timeCodec = plain(storage.TimeType, storage.TimeKind,
		func(v reflect.Value) storage.Value { return storage.TimeValue(v.Interface().(time.Time)) }, //nolint:forcetypeassert // it is the type's codec
		func(from storage.Value, v reflect.Value) { v.Set(reflect.ValueOf(from.Time())) })
	floatCodec = plain(storage.FloatType, storage.FloatKind,
		func(v reflect.Value) storage.Value { return storage.FloatValue(v.Float()) },
		func(from storage.Value, v reflect.Value) { v.SetFloat(from.Float()) })
	intCodec = codec{
		storage.IntType,
		func(v reflect.Value) (storage.Value, error) { return storage.IntValue(v.Int()), nil },
		func(from storage.Value, v reflect.Value) error {
			if from.Kind() != storage.IntKind || v.OverflowInt(from.Int()) {
				return fmt.Errorf("%s is no %s", from, v.Type())
			}
			v.SetInt(from.Int())
			return nil
		},
		nil,
	}
	uintCodec = codec{
		storage.IntType,
		func(v reflect.Value) (storage.Value, error) {
			if v.Uint() > math.MaxInt64 {
				return storage.Value{}, fmt.Errorf("%d is more than a column holds; %d is the most", v.Uint(), math.MaxInt64)
			}
			return storage.IntValue(int64(v.Uint())), nil
		},
		func(from storage.Value, v reflect.Value) error {
			if from.Kind() != storage.IntKind || from.Int() < 0 || v.OverflowUint(uint64(from.Int())) {
				return fmt.Errorf("%s is no %s", from, v.Type())
			}
			v.SetUint(uint64(from.Int()))
			return nil
		},
		nil,
	}
	ownCodec = codec{
		storage.AnyType,
		func(v reflect.Value) (storage.Value, error) {
			own, err := v.Interface().(driver.Valuer).Value() //nolint:forcetypeassert // it is the type's codec
			if err != nil {
				return storage.Value{}, err
			}
			return valueOf(own)
		},
		func(from storage.Value, v reflect.Value) error {
			return v.Addr().Interface().(sql.Scanner).Scan(from.Any()) //nolint:forcetypeassert // it is the type's codec
		},
		nil,
	}
	// jsonCodec is for fields whose tag says json.
	jsonCodec = codec{
		storage.JSONType,
		func(v reflect.Value) (storage.Value, error) {
			text, err := json.Marshal(v.Interface())
			if err != nil || string(text) == "null" {
				return storage.Value{}, err
			}
			return storage.TextValue(string(text)).As(storage.JSONType)
		},
		func(from storage.Value, v reflect.Value) error {
			v.SetZero()
			if from.IsNull() {
				return nil
			}
			return json.Unmarshal([]byte(from.Text()), v.Addr().Interface())
		},
		nil,
	}
)

// valueOf returns what a [driver.Valuer] gave.
func valueOf(v driver.Value) (storage.Value, error) {
	switch v := v.(type) {
	case nil:
		return storage.Value{}, nil
	case bool:
		return storage.BoolValue(v), nil
	case int64:
		return storage.IntValue(v), nil
	case float64:
		return storage.FloatValue(v), nil
	case string:
		return storage.TextValue(v), nil
	case []byte:
		return storage.BytesValue(v), nil
	case time.Time:
		return storage.TimeValue(v), nil
	default:
		return storage.Value{}, errors.New("its Value is none of those that package driver names")
	}
}

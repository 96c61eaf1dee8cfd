package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Decode reads the stored form of a value. An unknown tag gives Unknown; an
// object without a tag, or with content that does not fit its tag, is an error.
func Decode(raw json.RawMessage) (Value, error) { return decode(raw, 0) }

// maxDepth bounds how deep lists may be nested.
const maxDepth = 16

func decode(raw json.RawMessage, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("metadata nested deeper than %d", maxDepth)
	}
	var head struct {
		Type Tag `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("metadata value: %w", err)
	}
	if head.Type == "" {
		return nil, errors.New(`metadata value has no "type"`)
	}
	if !known[head.Type] {
		return Unknown{Name: head.Type, Raw: raw}, nil
	}
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("metadata value of type %s: %w", head.Type, err)
	}
	value, err := w.value(depth)
	if err == nil {
		err = value.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("metadata value of type %s: %w", w.Type, err)
	}
	return value, nil
}

var known = map[Tag]bool{
	TagText: true, TagPath: true, TagMarkdown: true, TagInt: true, TagFloat: true,
	TagBool: true, TagNull: true, TagURL: true, TagJSON: true, TagTimestamp: true,
	TagBytes: true, TagDuration: true, TagPercentage: true, TagSQL: true, TagCode: true,
	TagImage: true, TagList: true, TagDateRange: true, TagSchema: true, TagTable: true,
	TagDataVersion: true,
}

func (w wire) value(depth int) (Value, error) {
	switch w.Type {
	case TagNull:
		return Null{}, nil
	case TagInt:
		return content[Int](w)
	case TagFloat:
		return content[Float](w)
	case TagBool:
		return content[Bool](w)
	case TagBytes:
		return content[Bytes](w)
	case TagPercentage:
		return content[Percentage](w)
	case TagTimestamp, TagDuration:
		return w.span()
	case TagList:
		return w.list(depth)
	case TagDateRange:
		if w.Start == nil || w.End == nil {
			return nil, errors.New("start or end is missing")
		}
		return DateRange{Start: w.Start.UTC(), End: w.End.UTC()}, nil
	case TagSchema:
		return w.schema()
	case TagTable:
		return w.table(depth)
	}
	return w.text()
}

func (w wire) text() (Value, error) {
	s, err := content[Text](w)
	if err != nil {
		return nil, err
	}
	text := string(s.(Text))
	switch w.Type {
	case TagPath:
		return Path(text), nil
	case TagMarkdown:
		return Markdown(text), nil
	case TagURL:
		return URL(text), nil
	case TagJSON:
		return JSON(text), nil
	case TagSQL:
		return SQL{Query: text, Dialect: w.Dialect}, nil
	case TagCode:
		return Code{Source: text, Language: w.Language}, nil
	case TagImage:
		return Image(text), nil
	case TagDataVersion:
		return DataVersion(text), nil
	}
	return s, nil
}

package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/server/fault"
)

// configOf returns config overrides as they are stored, after a check of every
// asset, field and value that they name (D-116). Numbers keep every digit. values,
// when not nil, tells whether an asset can use its fields.
func configOf(g *asset.Graph, planned []string, text string, values func(string, json.RawMessage) error) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	byAsset, err := readConfig(text)
	if err != nil {
		return nil, fault.Invalid("config", "INVALID_CONFIG", `config is no JSON object such as {"asset": {"field": 1}}: `+err.Error())
	}
	if len(byAsset) == 0 {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(byAsset)) {
		if err := checkConfig(g, planned, name, byAsset[name]); err != nil {
			return nil, err
		}
		if values == nil {
			continue
		}
		if err := values(name, byAsset[name]); err != nil {
			return nil, fault.Invalid("config["+strconv.Quote(name)+"]", "INVALID_CONFIG", err.Error(), "asset", name)
		}
	}
	return json.Marshal(byAsset)
}

// readConfig splits the text of a config by asset. protobuf reads it first,
// because it refuses what would be read in two ways: a name that is given twice,
// or text that is not UTF-8.
func readConfig(text string) (map[string]json.RawMessage, error) {
	if err := new(structpb.Struct).UnmarshalJSON([]byte(text)); err != nil {
		return nil, err
	}
	var byAsset map[string]json.RawMessage
	err := json.Unmarshal([]byte(text), &byAsset)
	return byAsset, err
}

func checkConfig(g *asset.Graph, planned []string, name string, fields json.RawMessage) error {
	field := "config[" + strconv.Quote(name) + "]"
	i, ok := g.Index(name)
	if !ok {
		return fault.Invalid(field, "UNKNOWN_ASSET", fmt.Sprintf("config is given for asset %q, which is not declared", name), "asset", name)
	}
	if !slices.Contains(planned, name) {
		return fault.Invalid(field, "ASSET_NOT_SELECTED", fmt.Sprintf("config is given for asset %q, which is not selected", name), "asset", name)
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(fields, &given); err != nil || bytes.Equal(fields, []byte("null")) {
		return fault.Invalid(field, "INVALID_CONFIG", fmt.Sprintf("config of asset %q is not an object of fields", name), "asset", name)
	}
	declared := g.At(i).Config
	for _, key := range slices.Sorted(maps.Keys(given)) {
		at := slices.IndexFunc(declared, func(f asset.ConfigField) bool { return f.Name == key })
		if at < 0 {
			var known []string
			for _, f := range declared {
				known = append(known, f.Name)
			}
			return fault.Invalid(field, "UNKNOWN_CONFIG_FIELD",
				fmt.Sprintf("asset %q has no config field %q; it has %s", name, key, listOf(known)),
				"asset", name, "field", key, "known", strings.Join(known, ","))
		}
		if declared[at].Secret {
			return secretGiven(name, declared[at])
		}
	}
	return nil
}

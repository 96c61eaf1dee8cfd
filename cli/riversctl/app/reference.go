package app

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/settings"
)

func (p *program) referenceCommand() *cli.Command {
	return &cli.Command{
		Name: "reference", Usage: "write the reference of all commands", ArgsUsage: "[FILE]", Hidden: true,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 1); err != nil {
				return err
			}
			text := Reference(New(p.env))
			if c.NArg() == 0 {
				_, err := fmt.Fprint(p.env.Out, text)
				return err
			}
			return os.WriteFile(p.abs(c.Args().First()), []byte(text), 0o644)
		},
	}
}

const referenceHead = `# riversctl

The commands of riversctl, generated from the program by ` + "`riversctl reference`" + `: edit
the program, not this page.

Flags and arguments may be written in any order; after ` + "`--`" + ` everything is an argument.

## Exit codes

| code | means |
| --- | --- |
| 0 | the operation did what was asked |
| 1 | the operation failed, or the run it waited for did |
| 2 | the command line or the configuration is wrong |
| 3 | no code location, registry or storage answered |
| 130 | Ctrl-C while it waited; what was started goes on |

## Output

` + "`-o table`" + ` is for people and may change. ` + "`-o json`" + ` is an API: the protobuf JSON form of
the message that each command names, as in the OpenAPI document at ` + "`/v1/openapi.json`" + `.
` + "`-o yaml`" + ` is the same document in YAML, and ` + "`-o name`" + ` the names or ids alone, one a line.

## Which rivers

` + "`--server`" + ` wins over ` + "`--state-dir`" + `, which wins over ` + "`--context`" + `, which wins over the
current context (` + "`riversctl context use`" + `), which wins over the ` + "`riversctl dev`" + ` found by walking up from the working directory to a
` + "`.rivers/dev.json`" + ` whose process is alive.

## Settings

A flag wins over the environment variable, which wins over the nearest ` + "`rivers.toml`" + ` at or
above the working directory, which wins over the default. An empty variable counts as
unset; paths in the file are relative to it.

| setting | variable | default | is |
| --- | --- | --- | --- |
`

// Reference writes the reference of a command line as Markdown.
func Reference(a *cli.App) string {
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, k := range settings.Keys {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", k.Name, k.Env(), code(k.Default), k.Usage)
	}
	b.WriteString("\n## Commands\n")
	describe(&b, a.Name, a.Commands)
	return b.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func describe(b *strings.Builder, prefix string, commands []*cli.Command) {
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		name := prefix + " " + c.Name
		fmt.Fprintf(b, "\n### %s\n\n%s.\n", name, capital(c.Usage))
		if len(c.Subcommands) == 0 {
			fmt.Fprintf(b, "\n```\n%s\n```\n", strings.TrimSpace(name+" "+c.ArgsUsage+options(c)))
		}
		if c.Description != "" {
			fmt.Fprintf(b, "\n%s\n", strings.ReplaceAll(c.Description, "\n", "\n\n"))
		}
		describeFlags(b, c.Flags)
		describe(b, name, c.Subcommands)
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func options(c *cli.Command) string {
	if len(c.Flags) == 0 {
		return ""
	}
	return " [flags]"
}

func describeFlags(b *strings.Builder, flags []cli.Flag) {
	if len(flags) == 0 {
		return
	}
	b.WriteString("\n| flag | default | is |\n| --- | --- | --- |\n")
	for _, f := range flags {
		doc, ok := f.(cli.DocGenerationFlag)
		if !ok || f.Names()[0] == "help" {
			continue
		}
		var names []string
		for _, n := range f.Names() {
			dash := "--"
			if len(n) == 1 {
				dash = "-"
			}
			names = append(names, "`"+dash+n+"`")
		}
		def := strings.Trim(doc.GetDefaultText(), `"`)
		if !doc.TakesValue() || def == "0" {
			def = ""
		}
		usage := strings.ReplaceAll(doc.GetUsage(), "`", "")
		fmt.Fprintf(b, "| %s | %s | %s |\n", strings.Join(names, ", "), code(def), strings.ReplaceAll(usage, "|", "\\|"))
	}
}

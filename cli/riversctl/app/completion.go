package app

import (
	"io"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/exit"
)

const bashCompletion = `# bash completion of riversctl; source it from ~/.bashrc.
_riversctl() {
  local cur words
  cur="${COMP_WORDS[COMP_CWORD]}"
  if [[ "$cur" == -* ]]; then
    words=$("${COMP_WORDS[@]:0:$COMP_CWORD}" "$cur" --generate-bash-completion 2>/dev/null)
  else
    words=$("${COMP_WORDS[@]:0:$COMP_CWORD}" --generate-bash-completion 2>/dev/null)
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _riversctl riversctl
`

const zshCompletion = `#compdef riversctl
# zsh completion of riversctl; put it into a directory of $fpath as _riversctl.
_riversctl() {
  local -a answers
  if [[ "${words[CURRENT]}" == -* ]]; then
    answers=("${(@f)$(${words[1,CURRENT]} --generate-bash-completion 2>/dev/null)}")
  else
    answers=("${(@f)$(${words[1,CURRENT-1]} --generate-bash-completion 2>/dev/null)}")
  fi
  _describe 'riversctl' answers
}
compdef _riversctl riversctl
`

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a completion script for a shell", ArgsUsage: "bash|zsh|fish",
		Description: "For bash: source <(riversctl completion bash). For zsh: riversctl completion zsh > \"${fpath[1]}/_riversctl\". For fish: riversctl completion fish > ~/.config/fish/completions/riversctl.fish.",
		Action: func(c *cli.Context) error {
			if err := arguments(c, 1, 1); err != nil {
				return err
			}
			var script string
			switch shell := c.Args().First(); shell {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "fish":
				var err error
				if script, err = New(p.env).ToFishCompletion(); err != nil {
					return err
				}
			default:
				return exit.Usagef("there is no completion for %q: choose bash, zsh or fish", shell)
			}
			_, err := io.WriteString(p.env.Out, script)
			return err
		},
	}
}

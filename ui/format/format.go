// Package format turns figures into the words that pages show: durations,
// counts, bytes and instants, always with a unit and never longer than needed.
//
// The package is pure: the present is an argument. It must never escape HTML
// (templates do) and never know a store or a page.
package format

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// thin is the narrow no-break space between a figure and its unit.
const thin = "\u202f"

// Count groups the digits of n by thousands with narrow spaces: 12 345.
func Count[N ~int | ~int64 | ~uint64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(thin)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Plural returns the count and the noun, in the plural unless n is 1. A plural
// that is not made by "s" is given as "entry|entries".
func Plural[N ~int | ~int64 | ~uint64](n N, noun string) string {
	one, many, ok := strings.Cut(noun, "|")
	if !ok {
		many = one + "s"
	}
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Duration shows two units at most, from microseconds to days: "840 ms",
// "2 m 13 s". Nothing below a microsecond is shown.
func Duration(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + thin + "µs"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + thin + "ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Floor(d.Seconds()*10)/10, 'f', 1, 64) + thin + "s"
	case d < time.Minute:
		return pair(int64(d/time.Second), "s", 0, "")
	case d < time.Hour:
		return pair(int64(d/time.Minute), "m", int64(d%time.Minute/time.Second), "s")
	case d < 24*time.Hour:
		return pair(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "m")
	}
	day := 24 * time.Hour
	return pair(int64(d/day), "d", int64(d%day/time.Hour), "h")
}

func pair(a int64, au string, b int64, bu string) string {
	s := strconv.FormatInt(a, 10) + thin + au
	if b > 0 {
		s += " " + strconv.FormatInt(b, 10) + thin + bu
	}
	return s
}

// Bytes shows a size in binary units with three digits at most: "1.4 MiB".
func Bytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + thin + "B"
	}
	v, unit := float64(n), ""
	for _, unit = range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		v /= 1024
		if v < 1024 {
			break
		}
	}
	prec := 0
	if v < 10 {
		prec = 1
	}
	return strconv.FormatFloat(v, 'f', prec, 64) + thin + unit
}

// Ago shows how long before now the instant lies: "just now", "12 min ago",
// "3 days ago". An instant that lies ahead is "in 5 min". The zero instant is
// "never".
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	if d < 0 {
		if d > -2*time.Second {
			return "just now"
		}
		return "in " + span(-d)
	}
	if d < 2*time.Second {
		return "just now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + thin + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + thin + "min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + thin + "h"
	case d < 60*24*time.Hour:
		return Plural(int(d/(24*time.Hour)), "day")
	case d < 730*24*time.Hour:
		return Plural(int(d/(30*24*time.Hour)), "month")
	}
	return Plural(int(d/(365*24*time.Hour)), "year")
}

// Instant shows an instant exactly, in UTC with milliseconds.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000") + " UTC"
}

// Clock shows the time of day of an instant in UTC with milliseconds.
func Clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// RFC is the machine form of an instant, for the datetime attribute.
func RFC(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// Short returns the part of a run id that people compare: UUIDv7 ids of one
// minute share their beginning, so it is the end.
func Short(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[len(id)-8:]
}

// Digest shortens an image digest or build id to what people compare.
func Digest(image string) string {
	if i := strings.LastIndex(image, "sha256:"); i >= 0 {
		image = image[i+len("sha256:"):]
	}
	if len(image) > 12 {
		return image[:12]
	}
	return image
}

// Clip cuts s to at most n runes and says so with an ellipsis.
func Clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:n-1]) + "…"
}

// Line returns the first line of s, clipped to n runes.
func Line(s string, n int) string {
	first, rest, cut := strings.Cut(strings.TrimSpace(s), "\n")
	if cut && rest != "" {
		return Clip(first, n-1) + " …"
	}
	return Clip(first, n)
}

// List joins names as a sentence does, naming at most limit of them:
// "a, b and 3 more".
func List(names []string, limit int) string {
	switch {
	case len(names) == 0:
		return "nothing"
	case len(names) == 1:
		return names[0]
	case len(names) > limit:
		return strings.Join(names[:limit], ", ") + fmt.Sprintf(" and %s more", Count(len(names)-limit))
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Percent shows part of whole without decimals; it says "<1 %" and "99 %"
// rather than round to none or all.
func Percent(part, whole uint64) string {
	if whole == 0 {
		return "–"
	}
	p := int(math.Round(float64(part) * 100 / float64(whole)))
	switch {
	case p == 0 && part > 0:
		return "<1" + thin + "%"
	case p == 100 && part < whole:
		p = 99
	}
	return strconv.Itoa(p) + thin + "%"
}

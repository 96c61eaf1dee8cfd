package partition

// The naive wall-clock line: seconds since 1970-01-01T00:00 in a calendar that
// knows no zones and no daylight saving, from year 1 to year 9999.

const (
	secondsPerHour = 60 * 60
	secondsPerDay  = 24 * secondsPerHour
	minYear        = 1
	maxYear        = 9999
)

// The first and the last day of the line.
var (
	minDay = daysOf(minYear, 1, 1)
	maxDay = daysOf(maxYear, 12, 31)
)

// daysOf returns the number of days from 1970-01-01 to a date of the proleptic
// Gregorian calendar. It counts in eras of 400 years that begin in March, so
// that the leap day is the last of its year.
func daysOf(year, month, day int) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era)*146_097 + int64(dayOfEra) - 719_468
}

// dateOf is the inverse of daysOf for the days of the line.
func dateOf(days int64) (year, month, day int) {
	days += 719_468 // from 0000-03-01, hence not negative on the line
	era, dayOfEra := days/146_097, days%146_097
	yearOfEra := (dayOfEra - dayOfEra/1_460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	year = int(yearOfEra + era*400)
	day = int(dayOfYear - (153*shifted+2)/5 + 1)
	month = int((shifted+2)%12) + 1
	if month <= 2 {
		year++
	}
	return year, month, day
}

// daysIn returns the number of days of a month.
func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// appendDate appends YYYY-MM-DD.
func appendDate(buf []byte, days int64) []byte {
	year, month, day := dateOf(days)
	return append(buf,
		digit(year/1000), digit(year/100), digit(year/10), digit(year), '-',
		digit(month/10), digit(month), '-', digit(day/10), digit(day))
}

func digit(n int) byte { return '0' + byte(n%10) }

// number reads a text of decimal digits only.
func number(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}

// parseDate reads YYYY-MM-DD. It is false when the text has another shape or
// month and year are none of the calendar; exact is false for a day past the
// end of its month, for which the month's last day is returned.
func parseDate(text string) (days int64, exact, ok bool) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, false, false
	}
	year, ok1 := number(text[:4])
	month, ok2 := number(text[5:7])
	day, ok3 := number(text[8:])
	if !ok1 || !ok2 || !ok3 || year < minYear || month < 1 || month > 12 || day < 1 {
		return 0, false, false
	}
	last := daysIn(year, month)
	return daysOf(year, month, min(day, last)), day <= last, true
}

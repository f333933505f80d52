// Package survey answers how satisfied the customers are, and how sure we can
// be of it from the few people who answered.
//
// The Net Promoter Score is the share of promoters (9 or 10 on a scale of 0 to
// 10) less the share of detractors (0 to 6). Values lie in [-1, 1], not in
// hundredths: 0.35, where a slide says 35. With D, M and P detractors, passives
// and promoters among n answers
//
//	NPS = (P - D) / n
//	SE  = sqrt(((P + D) / n - NPS^2) / n)
//
// and the interval holds every score d that the answers do not contradict:
//
//	n * (NPS - d)^2 <= z^2 * V(d)
//
// where V(d) is the variance of one answer under the likeliest shares with
// p(promoter) - p(detractor) = d. Unlike NPS ± z * SE it stays inside [-1, 1]
// and keeps its width when all answers agree: five promoters out of five give
// [0.13, 1], not [1, 1].
//
//	nps, err := survey.NPS(answers, nil)
//	fmt.Println(nps.Value, nps.Low, nps.High, nps.N)
//
// Several people of one account think alike. [NPSByAccount] therefore counts
// them as fewer answers in the portfolio's interval, by as much as the accounts
// differ from each other.
//
// # Sources
//
// Score interval: T. Tango, "Equivalence test and confidence interval for the
// difference in proportions for the paired-sample design", Statistics in
// Medicine 17 (1998) 891-908; for NPS: B. Rocks, "Interval estimation for the
// Net Promoter Score", The American Statistician 70 (2016) 365-372, who also
// gives the adjusted Wald interval. Standard error with accounts as clusters:
// Taylor linearisation of a mean, as svymean in T. Lumley's R package survey.
// Effective sample size inside a score interval: N. Dean, M. Pagano,
// "Evaluating confidence interval methods for binomial proportions in
// clustered surveys", Journal of Survey Statistics and Methodology 3 (2015)
// 484-503, there for Wilson's interval; E. Korn, B. Graubard, Survey
// Methodology 24 (1998) 193-201.
package survey

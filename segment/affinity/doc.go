// Package affinity answers: what goes with what, and what should an account
// buy next?
//
// [Purchases] fold transaction lines into who bought what, when and in which
// order; returns make no purchase. [Purchases.Baskets] turns them into sets of
// products, by account or by order. With n baskets of which a hold A, c hold C
// and b hold both, [FrequentItemsets] and [Itemsets.Rules] find every rule
// A -> C with
//
//	support = b/n,  confidence = b/a,  lift = bn/(ac), …
//
// and [Baskets.Similar] the nearest neighbours of a product, for instance by
//
//	cosine(A, C) = b / √(ac)
//
// [Fit] makes a [Model] of all that: a value that is kept as JSON and asked
// later. [Model.Next] sums the similarities to what an account has, [Model.Due]
// compares the days since a purchase with the usual gap, and [Model.WhiteSpace]
// shows what the accounts of the same segment buy and this one does not. Every
// [Recommendation] carries the contributions that add up to its score, and says
// them in a sentence. [Evaluate] compares them with mere popularity, on
// purchases that the model has not seen.
//
//	p := new(affinity.Purchases)
//	for tx, err := range source.Transactions(ctx, period) {
//		if err != nil {
//			return err
//		}
//		if err := p.Add(tx); err != nil {
//			return err
//		}
//	}
//	model, err := affinity.Fit(p, &affinity.FitOptions{Segments: segments})
//	if err != nil {
//		return err
//	}
//	for history := range p.Histories() {
//		history.Segment = segments[history.Account]
//		next, err := model.Next(history, nil)
//		if err != nil {
//			return err
//		}
//		for _, r := range next {
//			fmt.Println(history.Account, r.Product, r.Explain("en"))
//		}
//	}
//
// Nothing depends on the order of the lines or on how many goroutines share
// the work: the same purchases give the same bytes. A basket of 30,000 products
// is left out or cut by a stated policy, and counted ([BasketReport]).
//
// Sources:
//
//   - Rules: Agrawal, Imielinski and Swami, Mining Association Rules between
//     Sets of Items in Large Databases, SIGMOD (1993) 207-216. Conviction:
//     Brin, Motwani, Ullman and Tsur, SIGMOD (1997) 255-264. Zhang's metric:
//     Tao Zhang, Association Rules, PAKDD (2000) 245-256.
//   - Depth-first intersection (Eclat): Zaki, Scalable Algorithms for
//     Association Mining, IEEE TKDE 12 (2000) 372-390.
//   - Item-item recommendation: Sarwar, Karypis, Konstan and Riedl, WWW (2001)
//     285-295; Deshpande and Karypis, ACM TOIS 22 (2004) 143-177. Shrinkage:
//     Bell and Koren, ICDM (2007) 43-52.
//   - Re-purchase by a gamma-Poisson rate: Bhagat, Muralidharan, Lobzhanidze
//     and Vishwanath, Buy It Again, KDD (2018) 62-70.
package affinity

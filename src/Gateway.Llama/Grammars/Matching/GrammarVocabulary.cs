using System.Runtime.CompilerServices;
using Gateway.Llama.Tokenizing;

namespace Gateway.Llama.Grammars.Matching;

/// <summary>A vocabulary as grammars walk it, and what was found out about constraints on the way.</summary>
internal sealed class GrammarVocabulary(LlamaTokenizer tokenizer, int size)
{
    // Special tokens have a text in some answers and none in others. Owners of such a set keep it, so there are only a few.
    private readonly ConditionalWeakTable<IReadOnlySet<int>, View> _views = [];

    /// <summary>Makes a view ready, which takes some 50 ms for 50,000 tokens: not on the scheduler's thread.</summary>
    public void Prepare(IReadOnlySet<int> visible) => _views.GetValue(visible, CreateView);

    /// <summary>The constraint over the tokens of this vocabulary, of which the special ones in <paramref name="visible"/> are text.</summary>
    public AnswerMatcher MatcherOf(GrammarConstraint constraint, IReadOnlySet<int> visible) =>
        _views.GetValue(visible, CreateView).MatcherOf(constraint);

    private View CreateView(IReadOnlySet<int> visible) => new(TokenTrie.Build(
        [.. Enumerable.Range(0, size).Select(token => tokenizer.TokenToBytes(token, special: visible.Contains(token)))], tokenizer.Special.EndsGeneration));

    private sealed class View(TokenTrie tokens)
    {
        // What is found out about a constraint serves all answers that have it, for as long as somebody holds on to it.
        private readonly ConditionalWeakTable<GrammarConstraint, AnswerMatcher> _matchers = [];

        public AnswerMatcher MatcherOf(GrammarConstraint constraint) => _matchers.GetValue(constraint, key => new AnswerMatcher(key, tokens));
    }
}

using System.Collections.Frozen;
using System.Runtime.CompilerServices;

namespace Gateway.Privacy.Detection;

internal enum LabelRole : byte
{
    /// <summary>Says what a value is.</summary>
    Label,

    /// <summary>Says that a number is of another sort.</summary>
    Other,

    /// <summary>As <see cref="Other"/>, of dotted numbers too.</summary>
    Version,

    /// <summary>Names a country, or its code, whose numbers are meant.</summary>
    Country,
    CountryCode,
}

/// <summary>What a phrase means.</summary>
/// <param name="Role">What the phrase does.</param>
/// <param name="Kinds">What it names.</param>
/// <param name="Points">Added to a value of these kinds beside it.</param>
internal readonly record struct LabelMeaning(LabelRole Role, KindSet Kinds, int Points);

/// <summary>The words that tell what stands beside them, as one automaton over words. Immutable.</summary>
internal sealed class Lexicon
{
    /// <summary>Points of a label that names the kind.</summary>
    public const int Exact = 50;

    public const int Unknown = 0;
    public const int Skipped = -1;

    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    // What a label of a general sort may mean, and its points.
    private static readonly FrozenDictionary<string, (KindSet Kinds, int Points)> General = new Dictionary<string, (KindSet, int)>
    {
        ["national"] = (Countries.Identity, 48),
        ["identidad"] = (Countries.LatinIdentity, 48),
        ["tax"] = (Countries.Tax, 46),
        ["document"] = (Countries.Identity | PersonalDataKind.Passport.Set(), 41),
        ["weak"] = (new KindSet(ulong.MaxValue), 14),
        ["call"] = (PersonalDataKind.Phone.Set(), 44),
    }.ToFrozenDictionary();

    // One bit for each word's hash, small enough for the processor's first cache: most words of a text end here.
    private const int FilterBits = 17;
    private readonly ulong[] _filter = new ulong[1 << (FilterBits - 6)];

    // Open addressing by the word's hash; a hash of 0 is an empty place.
    private readonly ulong[] _hashes;
    private readonly int[] _words;

    // The automaton: (node, word) to node; node 0 is the root.
    private readonly FrozenDictionary<long, int> _next;
    private readonly LabelMeaning?[] _meanings;

    private Lexicon(Builder builder)
    {
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)builder.Words.Count * 3);
        (_hashes, _words) = (new ulong[size], new int[size]);
        foreach (var (hash, word) in builder.Words)
        {
            var place = (int)hash & (size - 1);
            while (_hashes[place] != 0)
            {
                place = (place + 1) & (size - 1);
            }

            (_hashes[place], _words[place]) = (hash, word);
            _filter[FilterPlace(hash) >> 6] |= 1UL << (FilterPlace(hash) & 63);
        }

        _next = builder.Next.ToFrozenDictionary();
        _meanings = [.. builder.Meanings];
    }

    public static ulong HashStart => Basis;

    /// <param name="added">Phrases of the operator's, by kind.</param>
    public static Lexicon Build(IEnumerable<(PersonalDataKind Kind, string Phrase)> added)
    {
        var builder = new Builder();
        foreach (var line in PrivacyResource.Lines("words.txt").Where(l => !l.StartsWith("##", StringComparison.Ordinal)))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            builder.Add(line[..colon], line[(colon + 1)..].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        foreach (var (kind, phrase) in added)
        {
            builder.AddPhrase(phrase, new(LabelRole.Label, kind.Set(), Exact));
        }

        return new Lexicon(builder);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ulong hash, char c) => (hash ^ (uint)Lower(c)) * Prime;

    /// <summary>The word's number; <see cref="Unknown"/> or <see cref="Skipped"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Word(ulong hash)
    {
        var bit = FilterPlace(hash);
        return (_filter[bit >> 6] & (1UL << (bit & 63))) == 0 ? Unknown : Find(hash);
    }

    private int Find(ulong hash)
    {
        for (var place = (int)hash & (_hashes.Length - 1); _hashes[place] != 0; place = (place + 1) & (_hashes.Length - 1))
        {
            if (_hashes[place] == hash)
            {
                return _words[place];
            }
        }

        return Unknown;
    }

    /// <summary>As <see cref="Word"/>, also without what Arabic joins to the front and the end of words.</summary>
    public int ArabicWord(ReadOnlySpan<char> word)
    {
        if (Word(HashOf(word)) is var whole && whole != Unknown)
        {
            return whole;
        }

        foreach (var prefix in (ReadOnlySpan<string>)["", "ال", "بال", "وال", "فال", "كال", "لل", "و", "ب", "ل", "ف"])
        {
            if (!word.StartsWith(prefix) || word.Length < prefix.Length + 2)
            {
                continue;
            }

            var stem = word[prefix.Length..];
            if (prefix.Length > 0 && Word(HashOf(stem)) is var known && known != Unknown)
            {
                return known;
            }

            foreach (var suffix in (ReadOnlySpan<string>)["ي", "ه", "ها", "ك", "كم", "نا", "هم"])
            {
                if (stem.EndsWith(suffix) && stem.Length >= suffix.Length + 3)
                {
                    // Before a suffix the feminine ending is a t.
                    var bare = stem[..^suffix.Length];
                    var found = Word(HashOf(bare));
                    found = found == Unknown && bare[^1] == 'ت' ? Word(Hash(HashOf(bare[..^1]), 'ه')) : found;
                    if (found != Unknown)
                    {
                        return found;
                    }
                }
            }
        }

        return Unknown;
    }

    public bool TryNext(int node, int word, out int next) => _next.TryGetValue(((long)node << 32) | (uint)word, out next);

    /// <summary>What the phrase that ends at a node means; null where none ends.</summary>
    public LabelMeaning? Meaning(int node) => _meanings[node];

    public static ulong HashOf(ReadOnlySpan<char> word)
    {
        var hash = Basis;
        foreach (var c in word)
        {
            hash = Hash(hash, c);
        }

        return hash;
    }

    // Digits have that bit already, and so have Latin small letters; other scripts here have no capitals, or were folded.
    private static int Lower(char c) => c < 0x100 ? c | 0x20 : c;

    private static int FilterPlace(ulong hash) => (int)(hash >> (64 - FilterBits));

    private sealed class Builder
    {
        private readonly HashSet<ulong> _spelled = [];

        public Dictionary<ulong, int> Words { get; } = [];

        public Dictionary<long, int> Next { get; } = [];

        public List<LabelMeaning?> Meanings { get; } = [null];

        public void Add(string what, string[] phrases)
        {
            if (what == "skip")
            {
                foreach (var phrase in phrases)
                {
                    Words[HashOf(Folded(phrase))] = Skipped;
                }

                return;
            }

            var meaning = what switch
            {
                "not" or "money" => new LabelMeaning(LabelRole.Other, default, 0),
                "version" => new(LabelRole.Version, default, 0),
                ['@', '@', .. var code] => new(LabelRole.CountryCode, Countries.Kinds(code), 0),
                ['@', .. var code] => new(LabelRole.Country, Countries.Kinds(code), 0),
                _ when General.TryGetValue(what, out var general) => new(LabelRole.Label, general.Kinds, general.Points),
                _ => new(LabelRole.Label, what.Split(',').Select(n => ((PersonalDataKind)PersonalDataKinds.Names.IndexOf(n)).Set()).Aggregate((a, b) => a | b), Exact),
            };
            foreach (var phrase in phrases)
            {
                AddPhrase(phrase, meaning);
            }
        }

        public void AddPhrase(string phrase, LabelMeaning meaning)
        {
            var node = 0;
            foreach (var word in Folded(phrase).Split([' ', '-', '_', '\''], StringSplitOptions.RemoveEmptyEntries))
            {
                var id = WordId(word);
                if (id == Skipped)
                {
                    continue;
                }

                var key = ((long)node << 32) | (uint)id;
                if (!Next.TryGetValue(key, out var next))
                {
                    next = Meanings.Count;
                    Next[key] = next;
                    Meanings.Add(null);
                }

                node = next;
            }

            // The first meaning stays, widened where two kinds of label share a word.
            if (node > 0)
            {
                Meanings[node] = Meanings[node] is { Role: LabelRole.Label } first && meaning.Role == LabelRole.Label && first.Points == meaning.Points
                    ? first with { Kinds = first.Kinds | meaning.Kinds }
                    : Meanings[node] ?? meaning;
            }
        }

        private static string Folded(string phrase)
        {
            var folded = FoldedText.Of(phrase);
            var text = folded.Text.ToString();
            folded.Return();
            return text;
        }

        private int WordId(string word)
        {
            var hash = HashOf(word);
            if (Words.TryGetValue(hash, out var known) && (known == Skipped || _spelled.Contains(hash)))
            {
                return known;
            }

            // What was only the plural of another word until now becomes a word of its own.
            var id = _spelled.Count + 1;
            Words[hash] = id;
            _spelled.Add(hash);
            if (word.Length >= 3 && char.IsAsciiLetter(word[0]))
            {
                foreach (var ending in (string[])["s", "es", "nya", "ku", "mu"])
                {
                    Words.TryAdd(HashOf(word + ending), id);
                }
            }

            return id;
        }
    }
}

namespace Gateway.Privacy.Detection;

/// <summary>A value that may be found: its tokens, where it stands in the folded text, and what it is worth.</summary>
internal record struct Candidate(PersonalDataKind Kind, int Start, int End, int First, int Last, int Points);

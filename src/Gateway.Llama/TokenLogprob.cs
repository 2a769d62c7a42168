namespace Gateway.Llama;

/// <summary>How likely the model finds a token, whatever the request's sampling makes of it.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Logprob">Natural logarithm of its probability over the whole vocabulary.</param>
public readonly record struct TokenLogprob(int Token, float Logprob);

/// <summary>
/// A drawn token with what the model made of it and of the others: softmax of the raw logits, before bias, penalties, temperature and
/// grammar, as llama-server tells it (<c>post_sampling_probs</c> off).
/// </summary>
/// <param name="Chosen">The token that was drawn.</param>
/// <param name="Top">The likeliest tokens, falling; as many as were asked for. The drawn one need not be among them.</param>
public sealed record GeneratedToken(TokenLogprob Chosen, IReadOnlyList<TokenLogprob> Top);

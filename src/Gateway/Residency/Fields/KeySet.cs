using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Residency.Fields;

/// <summary>
/// Keys of all objects of a body, to find those that come twice. Only 64 bits of a hash are kept, by a seed that no client knows: that two keys share them
/// is less likely than any other failure, and then a request is refused.
/// </summary>
internal ref struct KeySet
{
    private const int FirstSize = 256;

    private static readonly ulong SeedA = Seed();
    private static readonly ulong SeedB = Seed();

    private ulong[]? _slots;
    private int _mask;
    private int _count;

    /// <summary>Adds a key of an object; false when the object has it.</summary>
    public bool Add(int objectNumber, scoped ReadOnlySpan<byte> key)
    {
        if (_slots is null)
        {
            _slots = Rent(FirstSize);
            _mask = FirstSize - 1;
        }
        else if (2 * _count > _mask)
        {
            Grow();
        }

        var isNew = Insert(_slots, _mask, Hash(objectNumber, key));
        _count += isNew ? 1 : 0;
        return isNew;
    }

    public void Dispose()
    {
        if (_slots is { } slots)
        {
            _slots = null;
            ArrayPool<ulong>.Shared.Return(slots);
        }
    }

    private static bool Insert(ulong[] slots, int mask, ulong hash)
    {
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            if (slots[at] == 0)
            {
                slots[at] = hash;
                return true;
            }

            if (slots[at] == hash)
            {
                return false;
            }
        }
    }

    private static ulong[] Rent(int size)
    {
        var slots = ArrayPool<ulong>.Shared.Rent(size);
        Array.Clear(slots, 0, size);
        return slots;
    }

    private void Grow()
    {
        var (before, size) = (_slots!, _mask + 1);
        _slots = Rent(2 * size);
        _mask = (2 * size) - 1;
        foreach (var hash in before.AsSpan(0, size))
        {
            if (hash != 0)
            {
                Insert(_slots, _mask, hash);
            }
        }

        ArrayPool<ulong>.Shared.Return(before);
    }

    // 0 is an empty slot.
    private static ulong Hash(int objectNumber, ReadOnlySpan<byte> key)
    {
        var hash = Mix(SeedA ^ (uint)objectNumber, SeedB ^ (uint)key.Length);
        for (; key.Length >= sizeof(ulong); key = key[sizeof(ulong)..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key), SeedB);
        }

        Span<byte> rest = stackalloc byte[sizeof(ulong)];
        rest.Clear();
        key.CopyTo(rest);
        return Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest), SeedA) | 1;
    }

    // Both halves of the product folded into one, as wyhash does.
    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }

    private static ulong Seed()
    {
        var seed = 0UL;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed | 1;
    }
}

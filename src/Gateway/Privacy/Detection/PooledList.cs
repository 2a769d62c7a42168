using System.Buffers;
using System.Runtime.CompilerServices;

namespace Gateway.Privacy.Detection;

/// <summary>A list over a rented array. Not to be copied once it has grown.</summary>
internal struct PooledList<T>(int capacity)
    where T : unmanaged
{
    private T[] _items = ArrayPool<T>.Shared.Rent(capacity);

    public int Count { get; private set; }

    public readonly Span<T> Items => _items.AsSpan(0, Count);

    public readonly ref T this[int index] => ref _items[index];

    // Small enough to stand where it is called: that is once for every word of a text.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in T item)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[Count++] = item;
    }

    private void Grow()
    {
        var larger = ArrayPool<T>.Shared.Rent(Count * 2);
        Items.CopyTo(larger);
        ArrayPool<T>.Shared.Return(_items);
        _items = larger;
    }

    public void Truncate(int count) => Count = count;

    public readonly void Return() => ArrayPool<T>.Shared.Return(_items);
}

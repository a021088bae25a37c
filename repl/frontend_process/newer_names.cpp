#include "newer_names.h"

#include "clang/Basic/DiagnosticLex.h"
#include "clang/Basic/IdentifierTable.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace forkrepl;

namespace {

struct Names {
  unsigned Year;
  llvm::StringLiteral Scope;
  llvm::StringLiteral List; // with blanks between them; "*" for all
};

// As the standards have them. Clang's table of names knows headers, but no standards.
constexpr Names Library[] = {
    {14, "std::",
     "make_unique exchange integer_sequence make_integer_sequence index_sequence "
     "make_index_sequence index_sequence_for quoted shared_timed_mutex shared_lock "
     "cbegin cend rbegin rend crbegin crend remove_const_t remove_reference_t "
     "remove_cv_t add_const_t decay_t enable_if_t conditional_t common_type_t "
     "underlying_type_t result_of_t make_signed_t make_unsigned_t tuple_element_t "
     "is_final is_null_pointer"},
    {14, "std::literals::", "*"},
    {14, "std::string_literals::", "*"},
    {14, "std::chrono_literals::", "*"},
    {17, "std::",
     "optional nullopt nullopt_t make_optional bad_optional_access variant monostate "
     "visit get_if holds_alternative variant_size variant_size_v variant_alternative "
     "variant_alternative_t bad_variant_access any any_cast make_any bad_any_cast "
     "string_view wstring_view u16string_view u32string_view basic_string_view byte "
     "to_integer filesystem pmr execution apply make_from_tuple invoke not_fn "
     "as_const clamp gcd lcm reduce transform_reduce exclusive_scan inclusive_scan "
     "transform_exclusive_scan transform_inclusive_scan sample for_each_n size empty "
     "data scoped_lock shared_mutex conjunction conjunction_v disjunction "
     "disjunction_v negation negation_v void_t bool_constant is_invocable "
     "is_invocable_v is_invocable_r is_invocable_r_v invoke_result invoke_result_t "
     "is_swappable is_swappable_v is_aggregate is_aggregate_v is_same_v "
     "is_integral_v is_floating_point_v is_arithmetic_v is_base_of_v "
     "is_convertible_v is_class_v is_enum_v is_pointer_v is_reference_v is_const_v "
     "is_signed_v is_unsigned_v is_void_v is_constructible_v is_trivial_v "
     "is_trivially_copyable_v is_abstract_v is_polymorphic_v is_empty_v "
     "is_function_v is_array_v is_default_constructible_v is_copy_constructible_v "
     "is_move_constructible_v is_assignable_v is_destructible_v is_final_v "
     "tuple_size_v "
     "has_unique_object_representations in_place in_place_t in_place_type "
     "in_place_index uncaught_exceptions launder align_val_t from_chars to_chars "
     "chars_format from_chars_result to_chars_result default_searcher "
     "boyer_moore_searcher boyer_moore_horspool_searcher beta assoc_laguerre "
     "legendre riemann_zeta expint comp_ellint_1 ellint_1 cyl_bessel_j sph_bessel "
     "hermite laguerre aligned_alloc "
     "destroy_at destroy destroy_n uninitialized_move uninitialized_move_n "
     "uninitialized_default_construct uninitialized_value_construct "
     "hardware_destructive_interference_size hardware_constructive_interference_size"},
    {17, "std::filesystem::", "*"},
    {17, "std::pmr::", "*"},
    {17, "std::execution::", "seq par par_unseq sequenced_policy parallel_policy"},
    {17, "std::map::", "try_emplace insert_or_assign extract merge"},
    {17, "std::unordered_map::", "try_emplace insert_or_assign extract merge"},
    {17, "std::set::", "extract merge"},
    {17, "std::unordered_set::", "extract merge"},
    {20, "std::",
     "span dynamic_extent as_bytes as_writable_bytes views ranges numbers format "
     "format_to format_to_n formatted_size vformat vformat_to formatter format_error "
     "format_string make_format_args format_args format_context basic_format_string "
     "jthread stop_token stop_source stop_callback nostopstate latch barrier "
     "counting_semaphore binary_semaphore source_location bit_cast has_single_bit "
     "bit_ceil bit_floor bit_width rotl rotr countl_zero countl_one countr_zero "
     "countr_one popcount endian midpoint lerp ssize erase erase_if to_array "
     "remove_cvref remove_cvref_t type_identity type_identity_t "
     "is_constant_evaluated is_bounded_array is_unbounded_array is_nothrow_convertible "
     "common_reference common_reference_t basic_common_reference identity "
     "strong_ordering weak_ordering partial_ordering common_comparison_category "
     "compare_three_way compare_three_way_result is_eq is_neq is_lt is_lteq is_gt "
     "is_gteq strong_order weak_order partial_order lexicographical_compare_three_way "
     "same_as derived_from convertible_to common_reference_with common_with integral "
     "signed_integral unsigned_integral floating_point assignable_from swappable "
     "swappable_with destructible constructible_from default_initializable "
     "move_constructible copy_constructible equality_comparable "
     "equality_comparable_with totally_ordered totally_ordered_with "
     "three_way_comparable "
     "movable copyable semiregular regular invocable regular_invocable predicate "
     "relation "
     "equivalence_relation strict_weak_order input_iterator output_iterator "
     "forward_iterator bidirectional_iterator random_access_iterator "
     "contiguous_iterator sentinel_for sized_sentinel_for indirectly_readable "
     "indirectly_writable incrementable weakly_incrementable sortable mergeable "
     "permutable projected iter_value_t iter_reference_t iter_difference_t "
     "counted_iterator common_iterator default_sentinel default_sentinel_t "
     "unreachable_sentinel unreachable_sentinel_t move_sentinel coroutine_handle "
     "coroutine_traits suspend_always suspend_never noop_coroutine u8string "
     "u8string_view shift_left shift_right make_unique_for_overwrite "
     "make_shared_for_overwrite allocate_shared_for_overwrite construct_at "
     "to_address assume_aligned bind_front unwrap_reference unwrap_ref_decay "
     "atomic_ref atomic_flag_test osyncstream syncbuf basic_osyncstream "
     "uses_allocator_construction_args make_obj_using_allocator"},
    {20, "std::ranges::",
     "sort stable_sort find find_if for_each copy copy_if transform reverse count "
     "count_if any_of all_of none_of max min minmax max_element min_element equal "
     "unique remove remove_if replace fill generate shuffle rotate partition "
     "lower_bound upper_bound binary_search equal_range merge includes "
     "begin end size empty data distance advance next prev views range view "
     "input_range forward_range bidirectional_range random_access_range "
     "contiguous_range sized_range common_range viewable_range subrange less greater "
     "equal_to swap iter_swap"},
    {20, "std::numbers::", "*"},
    {20, "std::views::",
     "filter transform take drop take_while drop_while reverse iota all join split "
     "lazy_split elements keys values common counted single empty"},
    {20, "std::chrono::",
     "year month day weekday year_month year_month_day month_day sys_days sys_seconds "
     "local_days local_time days weeks months years utc_clock tai_clock gps_clock "
     "file_clock zoned_time time_zone current_zone locate_zone get_tzdb parse hh_mm_ss "
     "January February March April May June July August September October November "
     "December Monday Tuesday Wednesday Thursday Friday Saturday Sunday last"},
    {20, "std::basic_string::", "starts_with ends_with"},
    {20, "std::basic_string_view::", "starts_with ends_with"},
    {20, "std::map::", "contains"},
    {20, "std::set::", "contains"},
    {20, "std::multimap::", "contains"},
    {20, "std::multiset::", "contains"},
    {20, "std::unordered_map::", "contains"},
    {20, "std::unordered_set::", "contains"},
    {20, "std::unordered_multimap::", "contains"},
    {20, "std::unordered_multiset::", "contains"},
    {20, "std::basic_stringstream::", "view"},
    {20, "std::basic_ostringstream::", "view"},
    {20, "std::atomic::", "wait notify_one notify_all"},
    {23, "std::",
     "expected unexpected bad_expected_access unexpect unexpect_t print println "
     "vprint_unicode vprint_nonunicode generator mdspan extents dextents layout_left "
     "layout_right layout_stride default_accessor flat_map flat_set flat_multimap "
     "flat_multiset move_only_function byteswap unreachable to_underlying stacktrace "
     "stacktrace_entry basic_stacktrace spanstream ispanstream ospanstream "
     "basic_spanbuf bind_back forward_like start_lifetime_as out_ptr inout_ptr "
     "out_ptr_t "
     "inout_ptr_t from_range from_range_t sorted_unique is_scoped_enum "
     "is_scoped_enum_v "
     "is_implicit_lifetime reference_constructs_from_temporary invoke_r "
     "allocate_at_least const_iterator basic_const_iterator float16_t float32_t "
     "float64_t float128_t bfloat16_t range_formatter range_format formattable"},
    {23, "std::ranges::",
     "to contains contains_subrange starts_with ends_with fold_left fold_right "
     "fold_left_first fold_right_last find_last find_last_if iota shift_left "
     "shift_right elements_of zip_view"},
    {23, "std::views::",
     "zip zip_transform adjacent pairwise adjacent_transform slide chunk chunk_by "
     "enumerate stride cartesian_product repeat join_with as_const as_rvalue"},
    {23, "std::basic_string::", "contains resize_and_overwrite"},
    {23, "std::basic_string_view::", "contains"},
    {23, "std::optional::", "and_then transform or_else"},
    {26, "std::",
     "inplace_vector hive simd linalg text_encoding debugging breakpoint "
     "breakpoint_if_debugging is_debugger_present function_ref copyable_function "
     "submdspan rcu_domain hazard_pointer indirect polymorphic "
     "saturate_cast add_sat sub_sat mul_sat div_sat"},
    {26, "std::views::", "concat cache_latest to_input"},
};

constexpr Names Headers[] = {
    {14, "", "shared_mutex"},
    {17, "",
     "any charconv execution filesystem memory_resource optional string_view variant"},
    {20, "",
     "barrier bit compare concepts coroutine format latch numbers ranges semaphore "
     "source_location span stop_token syncstream version"},
    {23, "",
     "expected flat_map flat_set generator mdspan print spanstream stacktrace "
     "stdfloat"},
    {26, "",
     "contracts debugging hazard_pointer hive inplace_vector linalg rcu simd "
     "text_encoding"},
};

unsigned currentYear(const LangOptions &Options) {
  if (Options.CPlusPlus26)
    return 26;
  if (Options.CPlusPlus23)
    return 23;
  if (Options.CPlusPlus20)
    return 20;
  if (Options.CPlusPlus17)
    return 17;
  if (Options.CPlusPlus14)
    return 14;
  return Options.CPlusPlus11 ? 11 : 3;
}

Standard standardOfYear(unsigned Year, const LangOptions &Options) {
  bool IsNewer = currentYear(Options) < Year;
  switch (Year) {
  case 11:
    return {"C++11", "c++11", IsNewer};
  case 14:
    return {"C++14", "c++14", IsNewer};
  case 17:
    return {"C++17", "c++17", IsNewer};
  case 20:
    return {"C++20", "c++20", IsNewer};
  case 23:
    return {"C++23", "c++23", IsNewer};
  default:
    return {"C++26", "c++2c", IsNewer};
  }
}

bool isIn(llvm::StringRef Name, llvm::StringRef List) {
  if (List == "*")
    return true;
  while (!List.empty()) {
    auto [First, Rest] = List.split(' ');
    if (First == Name)
      return true;
    List = Rest;
  }
  return false;
}

std::optional<Standard> find(llvm::ArrayRef<Names> Table, llvm::StringRef Scope,
                             llvm::StringRef Name, const LangOptions &Options) {
  if (!Options.CPlusPlus)
    return std::nullopt;
  for (const Names &Each : Table)
    if (Each.Scope == Scope && isIn(Name, Each.List))
      return standardOfYear(Each.Year, Options);
  return std::nullopt;
}

// As <stdbool.h> has bool: then the word is not what is wrong.
bool isMacro(llvm::StringRef Word, const Preprocessor &PP) {
  const IdentifierTable &Known = PP.getIdentifierTable();
  auto Found = Known.find(Word);
  return Found != Known.end() && Found->second->hasMacroDefinition();
}

// Of the warning that says in which standard a word is a keyword.
std::optional<Standard> standardOfWarning(unsigned ID, const LangOptions &Options) {
  switch (ID) {
  case diag::warn_cxx11_keyword:
    return standardOfYear(11, Options);
  case diag::warn_cxx20_keyword:
    return standardOfYear(20, Options);
  case diag::warn_c99_keyword:
    return Standard{"C99", "c99", true};
  case diag::warn_c23_keyword:
    return Standard{"C23", "c23", true};
  default:
    return std::nullopt;
  }
}

} // namespace

std::optional<Standard> forkrepl::standardOf(llvm::StringRef Scope,
                                             llvm::StringRef Name,
                                             const LangOptions &Options) {
  return find(Library, Scope, Name, Options);
}

std::optional<Standard> forkrepl::standardOfHeader(llvm::StringRef Header,
                                                   const LangOptions &Options) {
  return find(Headers, "", Header, Options);
}

std::string forkrepl::howToHave(const Standard &Wanted) {
  return "-std=" + Wanted.Flag.str() + ", or %std " + Wanted.Flag.str();
}

std::string forkrepl::newerKeyword(const Diagnostic &Error, const Preprocessor &PP) {
  const SourceManager &Sources = PP.getSourceManager();
  const LangOptions &Options = PP.getLangOpts();
  auto [File, Offset] = Sources.getDecomposedExpansionLoc(Error.getLocation());
  bool IsInvalid = false;
  llvm::StringRef Text = Sources.getBufferData(File, &IsInvalid);
  if (IsInvalid || Offset > Text.size())
    return {};
  // A line that ends there, and one that begins there.
  size_t Begin = Text.take_front(Offset).rfind('\n') + 1;
  size_t End = std::min(Text.find('\n', Offset), Text.size());
  std::string Line = Text.slice(Begin, End).str();
  Lexer Raw(SourceLocation(), Options, Line.data(), Line.data(),
            Line.data() + Line.size());
  // The parser's own forgets at the first use that a word will be a keyword.
  IdentifierTable Words(Options);
  Token Next;
  for (Raw.LexFromRawLexer(Next); Next.isNot(tok::eof); Raw.LexFromRawLexer(Next)) {
    if (Next.isNot(tok::raw_identifier) || isMacro(Next.getRawIdentifier(), PP))
      continue;
    IdentifierInfo &Word = Words.get(Next.getRawIdentifier());
    if (!Word.isFutureCompatKeyword())
      continue;
    auto Found =
        standardOfWarning(Words.getFutureCompatDiagKind(Word, Options), Options);
    if (Found)
      return "'" + Word.getName().str() + "' is a keyword of " + Found->Name.str() +
             ": " + howToHave(*Found);
  }
  return {};
}

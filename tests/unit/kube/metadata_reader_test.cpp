#include "kube/metadata_reader.h"

#include <gtest/gtest.h>

namespace kots_export::kube {
namespace {

const GroupVersionResource kConfigMaps{"", "v1", "configmaps"};

struct Read {
  MetadataPage page;
  std::vector<ObjectMetadata> objects;
};

Read read(std::string_view body) {
  Read result;
  result.page = read_metadata_page(body, kConfigMaps, "ConfigMap", [&](ObjectMetadata object) {
    result.objects.push_back(std::move(object));
  });
  return result;
}

TEST(MetadataReader, TakesIdentityLabelsAndAnnotationsOfEachItem) {
  const Read result =
      read(R"({"kind":"PartialObjectMetadataList","metadata":{"continue":"next","resourceVersion":"9"},
    "items":[{"metadata":{"name":"a","namespace":"ns","uid":"u","resourceVersion":"7","generation":1,
      "labels":{"z":"1","b":"2"},"annotations":{"k":"v"},
      "managedFields":[{"fieldsV1":{"f:metadata":{"f:labels":{"name":"not the name"}}}}]}},
      {"metadata":{"name":"b"}}]})");
  ASSERT_TRUE(result.page.valid);
  EXPECT_EQ(result.page.continue_token, "next");
  ASSERT_EQ(result.objects.size(), 2U);
  const ObjectMetadata& a = result.objects.front();
  EXPECT_EQ(a.ref.gvr, kConfigMaps);
  EXPECT_EQ(a.ref.kind, "ConfigMap");
  EXPECT_EQ(a.ref.name, "a");
  EXPECT_EQ(a.ref.ns, "ns");
  EXPECT_EQ(a.ref.uid, "u");
  EXPECT_EQ(a.ref.resource_version, "7");
  ASSERT_NE(a.label("b"), nullptr);
  EXPECT_EQ(*a.label("b"), "2");
  EXPECT_EQ(*a.label("z"), "1");
  EXPECT_EQ(*a.annotation("k"), "v");
  EXPECT_EQ(result.objects.back().ref.name, "b");
  EXPECT_TRUE(result.objects.back().labels.empty());
}

TEST(MetadataReader, TellsWhatIsBeingDeleted) {
  const Read result =
      read(R"({"metadata":{},"items":[{"metadata":{"name":"a","deletionTimestamp":"2026-01-01T00:00:00Z"}},
    {"metadata":{"name":"b"}}]})");
  ASSERT_EQ(result.objects.size(), 2U);
  EXPECT_EQ(result.objects[0].life, ObjectMetadata::Life::terminating);
  EXPECT_EQ(result.objects[1].life, ObjectMetadata::Life::alive);
}

// As the API server writes it: without white space.
TEST(MetadataReader, PassesOverManagedFieldsWhateverTheyHold) {
  const Read result = read(
      R"({"items":[{"metadata":{"name":"a","managedFields":[{"fieldsV1":{"f:x":{"k:{\"name\":\"]}\\\"}":{}}}},{"a":[[]]}],"labels":{"l":"1"}}},)"
      R"({"metadata":{"managedFields":[],"name":"b"}},{"metadata":{"managedFields":null,"name":"c"}}]})");
  ASSERT_TRUE(result.page.valid);
  ASSERT_EQ(result.objects.size(), 3U);
  EXPECT_EQ(result.objects[0].ref.name, "a");
  ASSERT_NE(result.objects[0].label("l"), nullptr);
  EXPECT_EQ(result.objects[1].ref.name, "b");
  EXPECT_EQ(result.objects[2].ref.name, "c");
}

TEST(MetadataReader, KeepsAnAnnotationThatTalksOfManagedFields) {
  const Read result = read(
      R"({"items":[{"metadata":{"annotations":{"last":"{\"managedFields\":[{\"a\":1}]}","x":"\"managedFields\":["},"name":"a"}}]})");
  ASSERT_EQ(result.objects.size(), 1U);
  EXPECT_EQ(*result.objects.front().annotation("last"), R"({"managedFields":[{"a":1}]})");
  EXPECT_EQ(*result.objects.front().annotation("x"), R"("managedFields":[)");
}

TEST(MetadataReader, ManagedFieldsThatAreCutOffAreNoList) {
  for (const char* body : {R"({"items":[{"metadata":{"name":"a","managedFields":[{"a")",
                           R"({"items":[{"metadata":{"name":"a","managedFields":)"}) {
    SCOPED_TRACE(body);
    EXPECT_FALSE(read(body).page.valid);
  }
}

TEST(MetadataReader, ReadsFullObjectsToo) {
  const Read result = read(
      R"({"items":[{"data":{"metadata":"x","name":"y"},"metadata":{"name":"a"},"spec":{"template":{"metadata":{"name":"t"}}}}]})");
  ASSERT_EQ(result.objects.size(), 1U);
  EXPECT_EQ(result.objects.front().ref.name, "a");
}

TEST(MetadataReader, AnEmptyListHasNoItems) {
  for (const char* body : {R"({"items":[]})", R"({"items":null})", "{}"}) {
    SCOPED_TRACE(body);
    const Read result = read(body);
    EXPECT_TRUE(result.page.valid);
    EXPECT_TRUE(result.objects.empty());
    EXPECT_TRUE(result.page.continue_token.empty());
  }
}

TEST(MetadataReader, WhatIsNoJsonObjectIsNotValid) {
  for (const char* body : {"", "<html>", "[]", "null", "\"text\"", "1", "true", R"({"items":[)", "{} {}"}) {
    SCOPED_TRACE(body);
    EXPECT_FALSE(read(body).page.valid);
  }
}

TEST(MetadataReader, OddShapesAreReadAsFarAsTheyGo) {
  const Read result =
      read(R"({"metadata":[],"items":[7,null,"x",{"metadata":"y"},{"metadata":{"name":1,"labels":["l"]}}]})");
  EXPECT_TRUE(result.page.valid);
  EXPECT_EQ(result.objects.size(), 2U);
}

TEST(IdentityIn, IsThatOfTheObjectItself) {
  const auto object = identity_in(
      R"({"kind":"X","spec":{"uid":"no","name":"no"},"metadata":{"ownerReferences":[{"uid":"owner","name":"o"}],)"
      R"("name":"n","namespace":"ns","uid":"u","resourceVersion":"3"}})");
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(object->kind, "X");
  EXPECT_EQ(object->ns, "ns");
  EXPECT_EQ(object->name, "n");
  EXPECT_EQ(object->uid, "u");
  EXPECT_EQ(object->resource_version, "3");
}

TEST(IdentityIn, IsEmptyWhereTheBodyDoesNotSay) {
  for (const char* body : {"{}", R"({"metadata":{"uid":5}})", R"({"metadata":[{"uid":"x"}]})"}) {
    SCOPED_TRACE(body);
    const auto object = identity_in(body);
    ASSERT_TRUE(object.has_value());
    EXPECT_EQ(object->uid, "");
  }
}

TEST(IdentityIn, NothingWhereTheBodyIsNotOneWholeObject) {
  for (const char* body :
       {"", "<html>", "[]", "[[]]", "7", "null", "\"text\"", R"({"metadata":{"uid":"u"})",
        R"({"kind":"X","metadata":{"uid":"u","resourceVersion":"3"},"spec":{)", R"({"kind":"X"} trailing)"}) {
    SCOPED_TRACE(body);
    EXPECT_FALSE(identity_in(body).has_value());
  }
}

}  // namespace
}  // namespace kots_export::kube
